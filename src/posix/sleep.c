#include "posix/due.h"
#include "posix/hook.h"
#include "posix/memory.h"

static int64_t sleep_end(clockid_t clock, int flags, const struct timespec *time) {
    return flags & TIMER_ABSTIME ? due_at(clock, time) : due_after(time);
}

/* A clock that was set back while we slept towards its time is waited for again. */
static bool is_over(clockid_t clock, int flags, const struct timespec *time) {
    if (!(flags & TIMER_ABSTIME) || clock == CLOCK_MONOTONIC) return true;
    return due_at(clock, time) <= clock_now();
}

static bool is_wall_clock(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI;
}

/* Who sleeps for no time at all wants to let others run. Clocks that count processor time stand
 * still for a green thread that sleeps: left to libc. */
HOOK int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                         struct timespec *rest) {
    if (!green_may_park() || !is_wall_clock(clock) || !is_readable(time, sizeof *time))
        return REAL(clock_nanosleep)(clock, flags, time, rest);
    if (!due_is_valid(time)) return EINVAL;
    int64_t due;
    do {
        due = sleep_end(clock, flags, time);
        if (due <= clock_now()) green_yield_now();
        switch (time_wait(due)) {
        case WAIT_EXPIRED:
            return green_expiry_errno(green_self());
        case WAIT_INTERRUPTED:
            if (rest && !(flags & TIMER_ABSTIME)) *rest = due_left(due);
            return EINTR;
        default:
            break;
        }
    } while (!is_over(clock, flags, time));
    return 0;
}

HOOK int nanosleep(const struct timespec *time, struct timespec *rest) {
    return (int)hook_result(-clock_nanosleep(CLOCK_MONOTONIC, 0, time, rest));
}

HOOK int usleep(useconds_t us) {
    struct timespec time = {us / 1000000, us % 1000000 * NS_PER_US};
    return nanosleep(&time, NULL);
}

/* What is left is not rounded, as in glibc. */
HOOK unsigned sleep(unsigned seconds) {
    struct timespec time = {seconds, 0}, rest = time;
    return nanosleep(&time, &rest) == 0 ? 0 : (unsigned)rest.tv_sec;
}
