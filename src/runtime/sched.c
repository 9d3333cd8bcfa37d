#include "runtime/sched.h"

#include <errno.h>

#include "base/sys.h"
#include "runtime/context.h"
#include "runtime/descriptor.h"
#include "runtime/monitor.h"
#include "runtime/park.h"
#include "runtime/poller.h"
#include "runtime/watch.h"

struct sched sched = {.run_last = &sched.run_first};
struct green green_main;
__thread struct green *green_self_tls;
volatile int green_must_yield;

static struct green *remote_wakes; /* lock-free stack, linked by remote_next */

/* Signal handlers of the application that are running on this thread. */
static __thread int handler_depth;

/* ---- wakes from elsewhere ---- */

void sched_kick(void) { poller_kick(); }

/* Either the scheduler sees the push before it sleeps, or we see that it may be asleep: both sides
 * have a full barrier between their store and their load. */
void sched_ready_remote(struct green *green) {
    if (__atomic_exchange_n(&green->remote, 1, __ATOMIC_SEQ_CST)) return;
    struct green *first = __atomic_load_n(&remote_wakes, __ATOMIC_RELAXED);
    do green->remote_next = first;
    while (!__atomic_compare_exchange_n(&remote_wakes, &first, green, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
    if (__atomic_load_n(&sched.polling, __ATOMIC_SEQ_CST)) sched_kick();
}

/* What it is woken for would be taken by whoever runs before it. */
static void ready_first(struct green *green) {
    if (green->queued) return;
    if (green->account) green->ready_at = sched_clock();
    green->queued = true;
    green->next = sched.run_first;
    if (!sched.run_first) sched.run_last = &green->next;
    sched.run_first = green;
}

static inline void ready(struct green *green, bool first) {
    if (first)
        ready_first(green);
    else
        sched_ready(green);
}

static void drain_remote_wakes(void) {
    if (!__atomic_load_n(&remote_wakes, __ATOMIC_SEQ_CST)) return;
    struct green *green = __atomic_exchange_n(&remote_wakes, NULL, __ATOMIC_SEQ_CST);
    while (green) {
        struct green *next = green->remote_next;
        /* From here it may be pushed again, which is why the link was read first. Who does not push
         * because it reads 1 has published what it wakes for: the exchange sees that. */
        __atomic_exchange_n(&green->remote, 0, __ATOMIC_SEQ_CST);
        ready(green, __atomic_exchange_n(&green->hurried, 0, __ATOMIC_RELAXED));
        green = next;
    }
}

void sched_forget_wakes(void) { remote_wakes = NULL; }

static inline void wake(struct green *green, bool first) {
    struct green *self = green_self_tls;
    if (self && self->pinned == 0 && sched_try_enter(self)) {
        ready(green, first);
        sched_leave(self);
    } else {
        if (first) __atomic_store_n(&green->hurried, 1, __ATOMIC_RELAXED);
        sched_ready_remote(green);
    }
}

void green_wake(struct green *green) { wake(green, false); }

void green_wake_first(struct green *green) { wake(green, true); }

/* ---- signals ---- */

bool signal_in_handler(void) { return handler_depth > 0; }

void signal_handler_begin(void) {
    handler_depth++;
    if (green_self_tls) green_self_tls->pinned++;
    if (runtime_on && green_main.parked) {
        sched.signal_pending = 1;
        sched_kick();
    }
}

void signal_handler_end(void) {
    handler_depth--;
    if (green_self_tls) green_self_tls->pinned--;
}

void signal_handlers_abandoned(void) {
    struct green *self = green_self_tls;
    self->pinned = 0;
    if (!handler_depth) return;
    handler_depth = 0;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &self->signal_mask, NULL, sizeof self->signal_mask);
}

void signal_mask_changed(void) {
    struct green *self = green_self_tls;
    if (self && !self->moved)
        sys(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &self->signal_mask, sizeof self->signal_mask);
}

static void interrupt_main(void) {
    if (!sched.signal_pending) return;
    sched.signal_pending = 0;
    if (green_main.parked) {
        green_main.interrupted = true;
        sched_ready(&green_main);
    }
}

void green_interrupt(struct green *green) {
    struct green *self = green_self_tls;
    if (!self || self->pinned) return;
    sched_enter(self);
    if (green->parked) {
        green->interrupted = true;
        sched_ready(green);
    }
    sched_leave(self);
}

/* ---- the loop ---- */

void sched_switch_to(struct green *next) {
    struct green *self = green_self_tls;
    if (next == self) return;
    sched.switches++;
    if (next->signal_mask != self->signal_mask)
        sys(SYS_rt_sigprocmask, SIG_SETMASK, &next->signal_mask, NULL, sizeof next->signal_mask);
    sched.current = next;
    context_switch(&self->sp, next->sp, next->tp);
}

static bool deliver_event(void) {
    if (sched.event_next == sched.event_count) return false;
    const struct epoll_event *event = &sched.events[sched.event_next++];
    sched.progress++;
    fd_deliver(event->data.u64, event->events);
    return true;
}

static void collect(void) {
    drain_remote_wakes();
    address_wake_deferred();
    interrupt_main();
}

/* How long the poller may sleep, after others have been told that it may. */
static int64_t time_to_sleep(void) {
    if (sched.run_first) return 0;
    __atomic_store_n(&sched.polling, 1, __ATOMIC_SEQ_CST);
    collect();
    if (sched.run_first) return 0;
    int64_t due = timer_next_due();
    if (due == NEVER) return -1;
    int64_t left = due - clock_now();
    return left > 0 ? left : 0;
}

static void pass(void) {
    while (deliver_event()) {
    }
    collect();
    int64_t timeout = time_to_sleep();
    sched.event_next = 0;
    sched.event_count = poller_poll(sched.events, EVENT_BATCH, timeout, &green_main.signal_mask);
    __atomic_store_n(&sched.polling, 0, __ATOMIC_SEQ_CST); /* before the monitor's flag is read */
    monitor_wake();
    sched.polls++;
    sched.progress++;
    sched.now = sched.clock = clock_now();
    collect();
    timer_run(sched.now);
    sched.budget = RUN_BUDGET;
}

static struct green *take_next(void) {
    struct green *next = sched.run_first;
    sched.run_first = next->next;
    if (!sched.run_first) sched.run_last = &sched.run_first;
    next->queued = false;
    return next;
}

/* Then its wake is stale: it looks again before it parks. One that is claimed is not, since a claim
 * upon whoever is in here is given up. */
static bool is_elsewhere(const struct green *green) {
    return __atomic_load_n(&green->state, __ATOMIC_ACQUIRE) == GREEN_DETACHED;
}

void schedule(void) {
    for (;;) {
        if (sched.run_first && sched.budget > 0) {
            sched.budget = sched.pressed ? 0 : sched.budget - 1;
            struct green *next = take_next();
            if (__builtin_expect(is_elsewhere(next), 0)) continue;
            sched.progress++;
            sched_switch_to(next);
            return;
        }
        if (sched.run_first || !deliver_event()) pass();
    }
}

int64_t loop_now(void) { return sched.now; }

/* ---- accounts ---- */

/* Who woke it may have looked at an older clock than itself when it left the processor. */
static int64_t within(int64_t time, int64_t first, int64_t last) {
    return time < first ? first : time > last ? last : time;
}

int64_t sched_resume(struct green *self, enum account_kind kind) {
    struct account *account = self->account;
    int64_t waited = 0;
    if (account) {
        int64_t now = sched_clock(), began = account->since;
        int64_t woken = within(self->ready_at, began, now);
        account_add(account, kind, woken);
        account_add(account, ACCOUNT_QUEUED, now);
        waited = woken - began;
    }
    sched_clock_forget();
    return waited;
}

/* ---- parking ---- */

static void park_timed_out(struct timer *timer) {
    struct green *green = (struct green *)((char *)timer - offsetof(struct green, timer));
    green->timed_out = true;
    sched_ready_since(green, timer->node.key);
}

bool green_park(int64_t due) {
    struct green *self = green_self_tls;
    int saved = errno;
    bool stale = sched_enter(self);
    self->timed_out = false;
    self->interrupted = false;
    if (stale) {
        self->wait = GREEN_WAIT_OTHER;
        self->waited = 0;
        sched_leave(self);
        errno = saved;
        return false;
    }
    if (self == &green_main) sched.signal_pending = 0;
    if (due != NEVER) {
        self->timer.fire = park_timed_out;
        timer_start(&self->timer, due);
    }
    self->parked = true;
    sched_pause(self);
    if (fault(FAULT_SPURIOUS)) sched_ready(self);
    schedule();
    self->waited = sched_resume(self, self->account ? account_kind_of_wait(self) : ACCOUNT_OTHER);
    if (self == &green_main && sched.signal_pending) self->interrupted = true;
    self->parked = false;
    self->wait = GREEN_WAIT_OTHER;
    timer_stop(&self->timer);
    sched_leave(self);
    errno = saved;
    return self->timed_out;
}

void green_yield_now(void) {
    struct green *self = green_self_tls;
    if (__atomic_load_n(&self->state, __ATOMIC_RELAXED) == GREEN_DETACHED) return;
    int saved = errno;
    green_must_yield = 0;
    sched_enter(self);
    sched.budget = 0; /* the poller first: those who wait outside have waited long */
    sched_pause(self);
    sched_ready(self);
    schedule();
    sched_resume(self, ACCOUNT_QUEUED);
    sched_leave(self);
    errno = saved;
}

enum wait_result time_wait(int64_t due) {
    struct green *self = green_self_tls;
    self->handed_off = 0;
    for (;;) {
        int64_t expires = green_expires(self), until = due <= expires ? due : expires;
        if (clock_now() >= until) return until == due ? WAIT_TIMED_OUT : WAIT_EXPIRED;
        green_waits(self, GREEN_WAIT_TIME, until);
        green_park(until);
        if (green_take_interrupt(self)) return WAIT_INTERRUPTED;
    }
}
