/* Calls that wait for another thread or process, and that libc can only make by blocking: for file
 * locks, for locks that processes share, for the end of OS threads.
 *
 * They are made on another kernel task. Whoever is waited for may need one as well, for a slow call
 * that comes before it lets go; so the waits take half of the tasks at most, and those beyond try
 * again and again. */
#ifndef POSIX_MOVED_H
#define POSIX_MOVED_H

#include "posix/hook.h"

/* Takes a place among the waits, and moves. Returns false if there is none. */
bool moved_wait_begin(void);
void moved_wait_end(void);

/* Lets a little time pass, more each time; *step is 0 at first. Returns false when a signal handler
 * has run meanwhile that interrupts the caller. Parks. */
bool moved_pause(int64_t *step);

/* Evaluates wait elsewhere; without a place, evaluates attempt, which does not wait, until done,
 * which looks at result_. */
#define MOVED_OR_TRIED(wait, attempt, done) \
    ({                                      \
        __typeof__(wait) result_;           \
        if (moved_wait_begin()) {           \
            result_ = (wait);               \
            moved_wait_end();               \
        } else {                            \
            int64_t step_ = 0;              \
            do {                            \
                moved_pause(&step_);        \
                result_ = (attempt);        \
            } while (!(done));              \
        }                                   \
        result_;                            \
    })

/* The same for calls that signals interrupt. Those of the main thread are always tried: on another
 * kernel task no signal would reach it. */
#define MOVED_OR_INTERRUPTED(wait, attempt, done)           \
    ({                                                      \
        __typeof__(wait) outcome_ = -1;                     \
        if (is_hollow(green_self())) {                      \
            outcome_ = MOVED_OR_TRIED(wait, attempt, done); \
        } else {                                            \
            __typeof__(wait) result_;                       \
            int64_t step_ = 0;                              \
            bool goes_on_;                                  \
            do {                                            \
                goes_on_ = moved_pause(&step_);             \
                result_ = (attempt);                        \
            } while (!(done) && goes_on_);                  \
            if (done)                                       \
                outcome_ = result_;                         \
            else                                            \
                errno = EINTR;                              \
        }                                                   \
        outcome_;                                           \
    })

#endif
