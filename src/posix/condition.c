/* Condition variables, replaced as a whole while the runtime is on, for OS threads too: libc's wait
 * gives up the mutex inside itself, where those who wait for it by address would not be told.
 *
 * Ours keep nothing in the variable: its address is what waiters queue on. So one that libc's
 * functions have initialised, waited for or left behind is as good as new. */
#include "posix/due.h"
#include "posix/wake.h"
#include "runtime/site.h"

enum {
    FLAG_SHARED = 1,
    FLAG_MONOTONIC = 2,
    COND_WORDS = sizeof(pthread_cond_t) / sizeof(unsigned),
};

/* Which word of a condition variable holds what pthread_cond_init was told: glibc's __wrefs, whose
 * place is another one from 2.41 on. */
static size_t flags_word;

static unsigned flags_of(const pthread_cond_t *cond) {
    return ((const unsigned *)cond)[flags_word];
}

__attribute__((constructor)) static void find_flags(void) {
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&cond, &attributes);
    while (flags_word < COND_WORDS - 1 && flags_of(&cond) != FLAG_MONOTONIC) flags_word++;
}

/* One shared among processes is waited for and signalled through libc. Its mutex is shared as well,
 * and those have no waiters by address. */
static bool is_ours(const pthread_cond_t *cond) {
    return runtime_on && !(flags_of(cond) & FLAG_SHARED);
}

static clockid_t clock_of(const pthread_cond_t *cond) {
    return flags_of(cond) & FLAG_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

/* A wake that was meant for us counts even if our time has come as well. */
static int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t due) {
    struct address_wait wait;
    address_wait_begin(&wait, cond);
    int error = pthread_mutex_unlock(mutex);
    if (error) {
        if (address_wait_end(&wait)) address_wake(cond, 1);
        return error;
    }
    bool late = false;
    while (!late && !__atomic_load_n(&wait.woken, __ATOMIC_ACQUIRE))
        late = address_wait_sleep(&wait, due);
    bool signalled = address_wait_end(&wait);
    error = pthread_mutex_lock(mutex);
    return error ? error : signalled ? 0 : ETIMEDOUT;
}

HOOK int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    struct green *self = green_may_park();
    if (is_ours(cond)) return wait_until(cond, mutex, NEVER);
    if (!self) return REAL(pthread_cond_wait)(cond, mutex);
    return MOVED(REAL(pthread_cond_wait)(cond, mutex));
}

HOOK int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                const struct timespec *at) {
    struct green *self = green_may_park();
    if (!due_has_valid_ns(at) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
        return EINVAL;
    if (is_ours(cond)) return wait_until(cond, mutex, due_at(clock, at));
    if (!self) return REAL(pthread_cond_clockwait)(cond, mutex, clock, at);
    return MOVED(REAL(pthread_cond_clockwait)(cond, mutex, clock, at));
}

HOOK int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                const struct timespec *at) {
    return pthread_cond_clockwait(cond, mutex, clock_of(cond), at);
}

/* Nobody of ours: somebody may wait who began before the runtime did. The address is looked at
 * behind a full barrier, as nothing of the variable changes that could be one. */
HOOK int pthread_cond_signal(pthread_cond_t *cond) {
    site_leaving(cond, __builtin_frame_address(0));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (is_ours(cond) && address_wake(cond, 1)) return 0;
    return REAL(pthread_cond_signal)(cond);
}

HOOK int pthread_cond_broadcast(pthread_cond_t *cond) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (is_ours(cond)) address_wake(cond, EVERYBODY);
    return REAL(pthread_cond_broadcast)(cond);
}
