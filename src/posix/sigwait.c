/* Waiting for a signal: for a handler to run, or for one that is blocked. */
#include "posix/due.h"
#include "posix/signal.h"

/* Until a handler has run after the count was before. A handler may run on whatever task the signal
 * reaches, so every green thread that waits goes on. Returns EINTR, or ETIMEDOUT at the deadline.
 */
static int await_handler(struct green *self, unsigned before) {
    bool late = false;
    while (signal_handled() == before && !late) {
        struct address_wait wait;
        address_wait_begin(&wait, &signal_count);
        if (signal_handled() == before) late = address_wait_sleep(&wait, self->deadline);
        address_wait_end(&wait);
    }
    green_take_interrupt(self);
    return late ? ETIMEDOUT : EINTR;
}

HOOK int pause(void) {
    struct green *self = green_may_park();
    if (!self) return REAL(pause)();
    return (int)hook_result(-await_handler(self, signal_handled()));
}

HOOK int sigsuspend(const sigset_t *mask) {
    struct green *self = green_may_park();
    if (!self) return REAL(sigsuspend)(mask);
    struct signal_swap swap;
    signal_swap_begin(&swap, mask);
    int error = await_handler(self, swap.handled);
    signal_swap_end(&swap);
    return (int)hook_result(-error);
}

/* Takes a pending signal of the set. Returns its number, or -EAGAIN. */
static long take(const sigset_t *set, siginfo_t *info) {
    struct timespec at_once = {0, 0};
    return sys(SYS_rt_sigtimedwait, set, info, &at_once, _NSIG / 8);
}

/* A signalfd tells when one is pending; without one to be had, the clock has to do. */
static enum wait_result await_pending(int fd, int64_t due) {
    enum wait_result result = WAIT_UNPOLLABLE;
    if (fd >= 0) result = fd_wait(fd, POLLIN, due);
    if (result != WAIT_UNPOLLABLE) return result;
    int64_t next = clock_after(2 * NS_PER_MS);
    result = time_wait(due < next ? due : next);
    return result == WAIT_TIMED_OUT && due > next ? WAIT_RETRY : result;
}

static long take_until(const sigset_t *set, siginfo_t *info, int64_t due) {
    int fd = (int)sys(SYS_signalfd4, -1, set, _NSIG / 8, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd >= 0) fd_born(fd);
    long r, end = 0;
    while ((r = take(set, info)) == -EAGAIN && !end) {
        switch (await_pending(fd, due)) {
        case WAIT_TIMED_OUT:
            end = -EAGAIN;
            break;
        case WAIT_EXPIRED:
            end = -green_expiry_errno(green_self());
            break;
        case WAIT_INTERRUPTED:
            end = -EINTR;
            break;
        default:
            break;
        }
    }
    if (fd >= 0) {
        fd_closing(fd);
        sys(SYS_close, fd);
    }
    return r == -EAGAIN ? end : r;
}

HOOK int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout) {
    if (!green_may_park() || (timeout && !due_is_valid(timeout)))
        return REAL(sigtimedwait)(set, info, timeout);
    return (int)hook_result(take_until(set, info, due_after(timeout)));
}

HOOK int sigwaitinfo(const sigset_t *set, siginfo_t *info) {
    if (!green_may_park()) return REAL(sigwaitinfo)(set, info);
    return (int)hook_result(take_until(set, info, NEVER));
}

HOOK int sigwait(const sigset_t *set, int *number) {
    if (!green_may_park()) return REAL(sigwait)(set, number);
    long r;
    do r = take_until(set, NULL, NEVER);
    while (r == -EINTR);
    if (r < 0) return (int)-r;
    *number = (int)r;
    return 0;
}
