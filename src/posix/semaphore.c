/* Semaphores: libc's count, our waiting. sem_post stays async-signal-safe. */
#include "posix/due.h"
#include "posix/moved.h"
#include "posix/signal.h"
#include "posix/wake.h"

/* The word behind glibc's 64-bit count (struct new_sem): 0 for one that is private to the process.
 */
static bool is_shared(sem_t *sem) { return ((const int *)sem)[2] != 0; }

/* sem_trywait sets errno when there is nothing to take; a wait that ends well must not. */
static bool take(sem_t *sem) {
    int saved = errno;
    if (REAL(sem_trywait)(sem) == 0) return true;
    errno = saved;
    return false;
}

/* Returns 0, or the errno to fail with. */
static int wait_until(struct green *self, sem_t *sem, int64_t due) {
    unsigned seen = signal_interrupting();
    for (;;) {
        struct address_wait wait;
        address_wait_begin(&wait, sem);
        bool taken = take(sem);
        bool late = !taken && address_wait_sleep(&wait, due);
        address_wait_end(&wait);
        if (taken || take(sem)) return 0;
        if (late) return ETIMEDOUT;
        if (green_take_interrupt(self) && seen != signal_interrupting()) return EINTR;
    }
}

HOOK int sem_wait(sem_t *sem) {
    struct green *self = green_may_park();
    if (!self) return REAL(sem_wait)(sem);
    if (take(sem)) return 0;
    if (is_shared(sem))
        return MOVED_OR_TRIED(REAL(sem_wait)(sem), take(sem) ? 0 : -1, result_ == 0);
    return (int)hook_result(-wait_until(self, sem, NEVER));
}

HOOK int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *at) {
    struct green *self = green_may_park();
    if (!self) return REAL(sem_clockwait)(sem, clock, at);
    if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || !due_has_valid_ns(at))
        return (int)hook_result(-EINVAL);
    if (take(sem)) return 0;
    int64_t due = due_at(clock, at);
    if (!is_shared(sem)) return (int)hook_result(-wait_until(self, sem, due));
    return MOVED_OR_TRIED(REAL(sem_clockwait)(sem, clock, at),
                          take(sem) ? 0 : (int)hook_result(-ETIMEDOUT),
                          result_ == 0 || clock_now() >= due);
}

HOOK int sem_timedwait(sem_t *sem, const struct timespec *at) {
    return sem_clockwait(sem, CLOCK_REALTIME, at);
}

HOOK int sem_post(sem_t *sem) {
    int result = REAL(sem_post)(sem);
    wake_after_libc(sem, 1);
    return result;
}
