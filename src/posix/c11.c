/* <threads.h>. In glibc its objects are those of pthreads under other names, and its functions call
 * libc's inner ones, past our hooks: so they are sent through them. thrd_create makes OS threads.
 */
#include <threads.h>

#include "posix/hook.h"

static int thrd_result(int error) {
    switch (error) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ETIMEDOUT:
        return thrd_timedout;
    case ENOMEM:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

HOOK int mtx_lock(mtx_t *mutex) {
    return thrd_result(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

HOOK int mtx_timedlock(mtx_t *mutex, const struct timespec *at) {
    return thrd_result(pthread_mutex_timedlock((pthread_mutex_t *)mutex, at));
}

HOOK int mtx_unlock(mtx_t *mutex) {
    return thrd_result(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

HOOK int cnd_wait(cnd_t *cond, mtx_t *mutex) {
    return thrd_result(pthread_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex));
}

HOOK int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *at) {
    return thrd_result(
        pthread_cond_timedwait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, at));
}

HOOK int cnd_signal(cnd_t *cond) {
    return thrd_result(pthread_cond_signal((pthread_cond_t *)cond));
}

HOOK int cnd_broadcast(cnd_t *cond) {
    return thrd_result(pthread_cond_broadcast((pthread_cond_t *)cond));
}

HOOK void call_once(once_flag *flag, void (*initialise)(void)) {
    pthread_once((pthread_once_t *)flag, initialise);
}

HOOK int tss_create(tss_t *key, tss_dtor_t destructor) {
    return thrd_result(pthread_key_create(key, destructor));
}

HOOK void tss_delete(tss_t key) { pthread_key_delete(key); }

HOOK int thrd_join(thrd_t thread, int *result) {
    void *value;
    int error = pthread_join((pthread_t)thread, &value);
    if (!error && result) *result = (int)(intptr_t)value;
    return thrd_result(error);
}

HOOK void thrd_exit(int result) { pthread_exit((void *)(intptr_t)result); }

HOOK void thrd_yield(void) { sched_yield(); }

/* -1 when a signal came, another negative value for any other error. */
HOOK int thrd_sleep(const struct timespec *time, struct timespec *rest) {
    int error = clock_nanosleep(CLOCK_REALTIME, 0, time, rest);
    return error == 0 ? 0 : error == EINTR ? -1 : -2;
}
