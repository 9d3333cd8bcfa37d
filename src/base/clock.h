/* Time as the whole project counts it: nanoseconds of CLOCK_MONOTONIC in an int64_t. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* A point in time that never comes. */
#define NEVER INT64_MAX

static inline int64_t clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)NS_PER_S + t.tv_nsec;
}

/* now + delta without overflow; a negative delta counts as 0. */
static inline int64_t clock_after(int64_t delta) {
    int64_t now = clock_now();
    return delta <= 0 ? now : delta > NEVER - now ? NEVER : now + delta;
}

/* The length of ts in nanoseconds, NEVER if it does not fit. ts must be valid. */
static inline int64_t clock_length(const struct timespec *ts) {
    return ts->tv_sec > NEVER / NS_PER_S - 1 ? NEVER : ts->tv_sec * (int64_t)NS_PER_S + ts->tv_nsec;
}

#endif
