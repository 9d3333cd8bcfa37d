/* The scheduler. It has no context of its own: schedule() runs on the stack of whoever parks, takes
 * the next green thread and switches to it; one that wakes itself costs no switch at all.
 *
 * Order of a pass: the run queue, at most RUN_BUDGET switches; when it is empty, the events that
 * the poller brought, one at a time, so that what an event makes runnable runs while it is hot;
 * then wakes from elsewhere, timers, and the poller again. */
#ifndef RUNTIME_SCHED_H
#define RUNTIME_SCHED_H

#include <sys/epoll.h>

#include "runtime/runtime.h"

enum { RUN_BUDGET = 64, EVENT_BATCH = 64 };

struct sched {
    struct green *run_first, **run_last;
    unsigned budget;
    struct green *volatile current; /* what the scheduler's carrier runs */
    struct carrier *owner;          /* the carrier that the scheduler is on */
    int64_t now;                    /* time of this pass */
    volatile int polling;           /* may be asleep in the poller: a remote wake must kick */
    volatile int pressed; /* the monitor wants a turn for others: look for them at each switch */
    volatile int signal_pending; /* a handler of the application has run while green 0 was parked */
    volatile unsigned long
        progress; /* grows whenever anybody gets a turn; watched by the monitor */
    unsigned long switches, polls;
    struct epoll_event events[EVENT_BATCH]; /* the batch of the poller: data is fd_event_data */
    int event_next, event_count;
};
extern struct sched sched;

/* Green 0: the process's main thread. */
extern struct green green_main;

/* Queues a green thread. For the scheduler's carrier, inside sched_enter. */
static inline void sched_ready(struct green *green) {
    if (green->queued) return;
    green->queued = true;
    green->next = NULL;
    *sched.run_last = green;
    sched.run_last = &green->next;
}

/* Runs others until the caller is queued and its turn has come. Inside sched_enter. */
void schedule(void);

/* Leaves the caller, inside sched_enter, for a given context: a carrier's home. */
void sched_switch_to(struct green *next);

/* Queues a green thread from any thread or signal handler. */
void sched_ready_remote(struct green *green);

/* Interrupts the poller. Async-signal-safe. */
void sched_kick(void);

/* Is the caller running a signal handler of the application? */
bool signal_in_handler(void);

/* Wakes the waiters of addresses that signal handlers have asked to wake. */
void address_wake_deferred(void);

/* In a child of fork: all who waited, and all who held a bucket's lock, are threads of the parent.
 */
void address_forget_waits(void);
void sched_forget_wakes(void);

#endif
