/* Timers of the event loop, in one heap. Owned by the scheduler. */
#ifndef RUNTIME_TIMER_H
#define RUNTIME_TIMER_H

#include "base/clock.h"
#include "base/heap.h"

/* Internal to the project, but used across its shared objects. Not a stable interface. */
#define RT_SHARED __attribute__((visibility("default")))

struct timer {
    struct heap_node node;             /* key: the due time */
    void (*fire)(struct timer *timer); /* called by the scheduler; must not park */
};

/* (Re)starts a timer. Cannot fail, as there is room for it: timer_reserve. */
RT_SHARED void timer_start(struct timer *timer, int64_t due);

/* A timer that is not running is left alone. */
RT_SHARED void timer_stop(struct timer *timer);

/* When the earliest is due; NEVER when there is none. */
int64_t timer_next_due(void);

/* Fires all that are due at now. */
void timer_run(int64_t now);

/* Makes room for so many timers more, for good. Returns 0, or -1 with errno ENOMEM. */
RT_SHARED int timer_reserve(size_t count);

/* The same for those of the green threads: for that many in all, green 0 among them. */
int timer_reserve_for_greens(size_t count);

#endif
