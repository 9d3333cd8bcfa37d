/* The times of libc's calls as points on CLOCK_MONOTONIC. */
#ifndef POSIX_DUE_H
#define POSIX_DUE_H

#include <stdbool.h>

#include "base/clock.h"

static inline bool due_has_valid_ns(const struct timespec *ts) {
    return ts->tv_nsec >= 0 && ts->tv_nsec < NS_PER_S;
}

/* As a length. As a point in time on a clock, a time before the clock's beginning is past and no
 * error where libc waits for a futex: there only due_has_valid_ns counts. */
static inline bool due_is_valid(const struct timespec *ts) {
    return ts->tv_sec >= 0 && due_has_valid_ns(ts);
}

/* In so many milliseconds; NEVER when negative, as for poll. */
static inline int64_t due_after_ms(int ms) {
    return ms < 0 ? NEVER : clock_after(ms * (int64_t)NS_PER_MS);
}

/* After that length; NEVER for NULL. */
static inline int64_t due_after(const struct timespec *length) {
    return length ? clock_after(clock_length(length)) : NEVER;
}

/* What is left until then, 0 when it is past. */
static inline struct timespec due_left(int64_t due) {
    int64_t left = due - clock_now();
    if (left < 0) left = 0;
    return (struct timespec){left / NS_PER_S, left % NS_PER_S};
}

/* When that clock will show at; NEVER for NULL. If the clock is set meanwhile, that is not noticed.
 */
static inline int64_t due_at(clockid_t clock, const struct timespec *at) {
    struct timespec now;
    if (!at) return NEVER;
    if (at->tv_sec < 0) return 0;
    if (clock == CLOCK_MONOTONIC) return clock_length(at);
    if (clock_gettime(clock, &now)) return 0;
    int64_t length = clock_length(at);
    return length == NEVER ? NEVER : clock_after(length - clock_length(&now));
}

#endif
