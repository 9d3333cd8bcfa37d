#include "runtime/carrier.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/sys.h"
#include "runtime/context.h"
#include "runtime/hollow.h"
#include "runtime/sched.h"
#include "runtime/site.h"
#include "runtime/stack.h"

enum { CARRIERS_MAX = 1024, HOME_STACK = 128 * 1024 };

struct carrier {
    int kernel_tid;
    uintptr_t birth_tp;      /* thread pointer of the pthread that this kernel task was made as */
    struct green home;       /* its own context; pinned, so that hooks on it are libc's own */
    struct green *leaving;   /* set by a green thread that switches home: to be carried elsewhere */
    struct green *returning; /* set by a green thread that switches home: to be attached */
    struct green *assigned;  /* what a spare is to run next; NULL: the scheduler */
    int summoned;            /* futex: 1 when assigned is set */
    struct carrier *next_spare;
    struct carrier *next; /* of all; never freed */
};

static struct carrier scheduler_carrier; /* the first to be it */
static bool have_membarrier;

static int lock; /* of what follows; spinning, held for a few instructions */
static struct carrier *spares;
static struct green *waiting_first, **waiting_last = &waiting_first; /* for a carrier to be free */
static unsigned waiting_count, arriving; /* in that list; carriers made that have not come to it */
static struct carrier *all = &scheduler_carrier;
static unsigned carrier_count = 1;

static void lock_take(void) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) sys(SYS_sched_yield);
}

static void lock_drop(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

int os_thread_start(void *(*fn)(void *), void *arg, size_t stack_size) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_size);
    pthread_t thread;
    int error = pthread_create_blocked(&thread, &attributes, fn, arg);
    pthread_attr_destroy(&attributes);
    if (!error) return 0;
    errno = error;
    return -1;
}

/* ---- spares ---- */

/* Has a carrier, which sleeps and is on no list, run green, or the scheduler if green is NULL. */
static void summon(struct carrier *carrier, struct green *green) {
    carrier->assigned = green;
    __atomic_store_n(&carrier->summoned, 1, __ATOMIC_RELEASE);
    sys(SYS_futex, &carrier->summoned, FUTEX_WAKE_PRIVATE, 1);
}

static struct carrier *spare_take(void) {
    lock_take();
    struct carrier *carrier = spares;
    if (carrier) spares = carrier->next_spare;
    lock_drop();
    return carrier;
}

/* Makes a carrier a spare, unless somebody waits for one: then returns who it is to run. */
static struct green *spare_put(struct carrier *carrier) {
    lock_take();
    struct green *green = waiting_first;
    if (green) {
        waiting_first = green->carrier_next;
        waiting_count--;
        if (!waiting_first) waiting_last = &waiting_first;
    } else {
        carrier->next_spare = spares;
        spares = carrier;
    }
    lock_drop();
    return green;
}

static struct green *wait_for_work(struct carrier *carrier) {
    carrier->summoned = 0;
    struct green *green = spare_put(carrier);
    if (green) return green;
    while (!__atomic_load_n(&carrier->summoned, __ATOMIC_ACQUIRE))
        sys(SYS_futex, &carrier->summoned, FUTEX_WAIT_PRIVATE, 0, NULL);
    return carrier->assigned;
}

/* Signals that were sent to this kernel task for the green thread it carried; the scheduler's takes
 * them now. A sender's own siginfo may not be sent on by another task: then the bare signal is. */
static void pass_on_signals(void) {
    uint64_t pending = 0;
    if (sys(SYS_rt_sigpending, &pending, sizeof pending) < 0 || !pending) return;
    struct timespec at_once = {0, 0};
    int scheduler = __atomic_load_n(&sched.owner, __ATOMIC_ACQUIRE)->kernel_tid;
    siginfo_t info;
    long signal;
    while ((signal = sys(SYS_rt_sigtimedwait, &pending, &info, &at_once, sizeof pending)) > 0)
        if (sys(SYS_rt_tgsigqueueinfo, runtime_pid, scheduler, signal, &info) < 0)
            sys(SYS_tgkill, runtime_pid, scheduler, signal);
}

/* The registers of a returning green thread are saved by now, so from here the scheduler may run
 * it. */
static void take_in(struct carrier *carrier) {
    struct green *green = carrier->returning;
    if (!green) return;
    carrier->returning = NULL;
    pass_on_signals();
    __atomic_store_n(&green->state, GREEN_ATTACHED, __ATOMIC_RELEASE);
    sched_ready_remote(green);
}

static void carry(struct carrier *carrier, struct green *green) {
    green->carrier = carrier;
    context_switch(&carrier->home.sp, green->sp, green->tp);
}

static void give_to_spare(struct green *green);

/* What a carrier does at home. Whoever leaves the scheduler's carrier, or comes back from another,
 * switches here first, so that its registers are saved before another task loads them. */
static void home_loop(struct carrier *carrier) {
    for (;;) {
        struct green *green = carrier->leaving;
        if (green) {
            carrier->leaving = NULL;
            give_to_spare(green);
            schedule();
            continue;
        }
        take_in(carrier);
        green = wait_for_work(carrier);
        if (green)
            carry(carrier, green);
        else
            schedule();
    }
}

static void home_init(struct carrier *carrier) {
    carrier->home.pinned = 1;
    carrier->home.depth = 1;
    carrier->home.signal_mask = SIGNALS_ALL; /* the poller sleeps under green 0's all the same */
}

static void *spare_main(void *arg) {
    struct carrier *carrier = arg;
    green_self_tls = &carrier->home;
    home_init(carrier);
    carrier->home.tp = carrier->birth_tp = context_tp();
    __atomic_store_n(&carrier->kernel_tid, (int)sys(SYS_gettid), __ATOMIC_RELEASE);
    lock_take();
    arriving--;
    carrier->next = all;
    __atomic_store_n(&all, carrier, __ATOMIC_RELEASE);
    lock_drop();
    home_loop(carrier);
    return NULL;
}

static bool count_one_more(void) {
    lock_take();
    bool allowed = carrier_count < CARRIERS_MAX;
    if (allowed) {
        carrier_count++;
        arriving++;
    }
    lock_drop();
    return allowed;
}

static void count_one_less(void) {
    lock_take();
    carrier_count--;
    arriving--;
    lock_drop();
}

/* A carrier more, if that is allowed and possible; it will find whoever is waiting. */
static void add_spare(void) {
    if (!count_one_more()) return;
    struct carrier *carrier = fault(FAULT_ENOMEM) ? NULL : calloc(1, sizeof *carrier);
    if (!carrier || os_thread_start(spare_main, carrier, OS_THREAD_STACK) < 0) {
        free(carrier);
        count_one_less();
    }
}

/* The spare that have_carrier saw may have become the scheduler's meanwhile, or somebody else's. */
static void give_to_spare(struct green *green) {
    lock_take();
    struct carrier *carrier = spares;
    bool too_few = false;
    if (carrier) {
        spares = carrier->next_spare;
    } else {
        green->carrier_next = NULL;
        *waiting_last = green;
        waiting_last = &green->carrier_next;
        too_few = ++waiting_count > arriving;
    }
    lock_drop();
    if (carrier) summon(carrier, green);
    if (too_few) add_spare();
}

/* ---- the scheduler's carrier ---- */

static void first_home_main(struct green *home) { home_loop(&scheduler_carrier); }

int carrier_init(void) {
    struct carrier *carrier = &scheduler_carrier;
    char *stack = stack_new(HOME_STACK);
    if (!stack || hollow_make(&carrier->home, stack, HOME_STACK, first_home_main) < 0) return -1;
    home_init(carrier);
    carrier->kernel_tid = runtime_pid;
    carrier->birth_tp = green_main.tp;
    sched.owner = carrier;
    have_membarrier = sys(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return 0;
}

/* Is there a spare, or one arriving that nobody waits for? */
static bool have_spare(void) {
    lock_take();
    bool spare = spares || arriving > waiting_count;
    lock_drop();
    return spare;
}

/* Is there a spare, or at least some carrier that will be one some day? */
static bool have_carrier(void) {
    if (!have_spare()) add_spare();
    return __atomic_load_n(&carrier_count, __ATOMIC_RELAXED) > 1;
}

static void block_signals(void) {
    uint64_t all_signals = SIGNALS_ALL;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, NULL, sizeof all_signals);
}

static void count_as(struct green *self, enum account_kind kind) {
    if (self->account) account_add(self->account, kind, clock_now());
}

/* One that has a carrier of its own already stays on it. */
static void stay(struct green *self) {
    count_as(self, ACCOUNT_RUNNING);
    self->depth++;
    self->pinned++;
    self->moved = true;
    block_signals();
}

/* Has the caller, inside sched_enter, run by a spare. */
static void step_aside(struct green *self) {
    int attached = GREEN_ATTACHED; /* the monitor may be thinking better of claiming us */
    while (!__atomic_compare_exchange_n(&self->state, &attached, GREEN_DETACHED, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
        attached = GREEN_ATTACHED;
        sys(SYS_sched_yield);
    }
    sched.owner->leaving = self;
    sched_switch_to(&sched.owner->home);
}

bool carrier_offload_begin(void) {
    struct green *self = green_may_park();
    if (!self) return false;
    int saved = errno;
    if (__atomic_load_n(&self->state, __ATOMIC_RELAXED) == GREEN_DETACHED) {
        stay(self);
        return true;
    }
    bool possible = have_carrier();
    errno = saved;
    if (!possible) return false;
    sched_enter(self);
    count_as(self, ACCOUNT_RUNNING);
    self->pinned++;
    self->moved = true;
    step_aside(self);
    errno = saved;
    return true;
}

static void go_home(struct green *self) {
    int saved = errno;
    struct carrier *carrier = self->carrier;
    block_signals();
    count_as(self, self->moved ? ACCOUNT_OS_THREAD : ACCOUNT_RUNNING);
    carrier->returning = self;
    context_switch(&self->sp, carrier->home.sp, carrier->home.tp);
    sched_resume(self, ACCOUNT_QUEUED);
    errno = saved;
}

void carrier_offload_end(void) {
    struct green *self = green_self_tls;
    go_home(self);
    self->moved = false;
    self->pinned--;
    sched_leave(self);
}

bool carrier_detach(void) {
    struct green *self = green_may_park();
    if (!self || __atomic_load_n(&self->state, __ATOMIC_RELAXED) == GREEN_DETACHED) return false;
    int saved = errno;
    bool possible = have_carrier() && have_spare();
    if (possible) {
        sched_enter(self);
        step_aside(self);
        sys(SYS_rt_sigprocmask, SIG_SETMASK, &self->signal_mask, NULL, sizeof self->signal_mask);
        sched_leave(self);
    }
    errno = saved;
    return possible;
}

/* ---- hand-off ---- */

/* Whoever stays on the carrier finds out at its next sched_enter. Until then it may be anywhere, so
 * from the claim on nothing of it is written but by itself, and by its home once it is there. */
bool carrier_hand_off(struct green *green, unsigned long progress) {
    if (!have_membarrier || __atomic_load_n(&green->depth, __ATOMIC_RELAXED)) return false;
    struct carrier *spare = spare_take();
    if (!spare) {
        add_spare();
        return false;
    }
    int expected = GREEN_ATTACHED;
    bool claimed = __atomic_compare_exchange_n(&green->state, &expected, GREEN_CLAIMED, false,
                                               __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    if (claimed) sys(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    if (!claimed || sched.current != green || sched.progress != progress ||
        __atomic_load_n(&green->depth, __ATOMIC_SEQ_CST)) {
        if (claimed) __atomic_store_n(&green->state, GREEN_ATTACHED, __ATOMIC_RELEASE);
        struct green *other = spare_put(spare);
        if (other) summon(spare, other);
        return false;
    }
    green->carrier = sched.owner;
    green->handed_off++;
    sched.current = &spare->home;
    __atomic_store_n(&sched.owner, spare, __ATOMIC_RELEASE);
    __atomic_store_n(&green->state, GREEN_DETACHED, __ATOMIC_RELEASE);
    summon(spare, NULL);
    return true;
}

bool carrier_attach(struct green *self) {
    int state;
    while ((state = __atomic_load_n(&self->state, __ATOMIC_ACQUIRE)) == GREEN_CLAIMED)
        sys(SYS_sched_yield);
    if (state == GREEN_ATTACHED) return false;
    if (self->site_detached) site_judge(self);
    go_home(self);
    return true;
}

/* ---- who runs where ---- */

int green_kernel_tid(const struct green *green) {
    bool detached = __atomic_load_n(&green->state, __ATOMIC_ACQUIRE) == GREEN_DETACHED;
    const struct carrier *carrier = detached && green->carrier
                                        ? green->carrier
                                        : __atomic_load_n(&sched.owner, __ATOMIC_ACQUIRE);
    return carrier->kernel_tid;
}

int green_signal_tid(const struct green *green) {
    return green->moved ? __atomic_load_n(&sched.owner, __ATOMIC_ACQUIRE)->kernel_tid
                        : green_kernel_tid(green);
}

uintptr_t carrier_birth_tp(void) {
    int tid = (int)sys(SYS_gettid);
    for (struct carrier *carrier = __atomic_load_n(&all, __ATOMIC_ACQUIRE); carrier;
         carrier = carrier->next)
        if (__atomic_load_n(&carrier->kernel_tid, __ATOMIC_ACQUIRE) == tid)
            return carrier->birth_tp;
    return context_tp();
}
