/* The scheduler. It has no context of its own: schedule() runs on the stack of whoever parks, takes
 * the next green thread and switches to it; one that wakes itself costs no switch at all.
 *
 * Order of a pass: the run queue, at most RUN_BUDGET switches; when it is empty, the events that
 * the poller brought, one at a time, so that what an event makes runnable runs while it is hot;
 * then wakes from elsewhere, timers, and the poller again. */
#ifndef RUNTIME_SCHED_H
#define RUNTIME_SCHED_H

#include <sys/epoll.h>

#include "runtime/account.h"
#include "runtime/runtime.h"

enum { RUN_BUDGET = 64, EVENT_BATCH = 64 };

struct sched {
    struct green *run_first, **run_last;
    unsigned budget;
    struct green *volatile current; /* what the scheduler's carrier runs */
    struct carrier *owner;          /* the carrier that the scheduler is on */
    int64_t now;                    /* time of this pass */
    int64_t clock; /* the last look at the clock since anybody ran; 0: none, see sched_clock */
    volatile int polling; /* may be asleep in the poller: a remote wake must kick */
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

/* For accounts. While somebody runs no look at the clock is remembered, as it would be old when the
 * next one is needed. */
static inline int64_t sched_clock(void) { return sched.clock ? sched.clock : clock_now(); }
static inline void sched_clock_forget(void) { sched.clock = 0; }

/* Queues a green thread that could go on since a time: for its account. For the scheduler's
 * carrier, inside sched_enter, as the next. */
static inline void sched_ready_since(struct green *green, int64_t since) {
    if (green->queued) return;
    green->ready_at = since;
    green->queued = true;
    green->next = NULL;
    *sched.run_last = green;
    sched.run_last = &green->next;
}

/* Queues a green thread. */
static inline void sched_ready(struct green *green) {
    sched_ready_since(green, green->account ? sched_clock() : 0);
}

/* The caller is about to call schedule: its time as one that runs ends. */
static inline void sched_pause(struct green *self) {
    sched_clock_forget();
    if (!self->account) return;
    sched.clock = clock_now();
    account_add(self->account, ACCOUNT_RUNNING, sched.clock);
}

/* It has come back from there: kind is what it waited for until it was queued. Returns for how long
 * that was; 0 without an account. */
int64_t sched_resume(struct green *self, enum account_kind kind);

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
