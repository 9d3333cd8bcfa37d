#include "runtime/carrier.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>

#include "base/sys.h"
#include "runtime/context.h"
#include "runtime/hollow.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

enum { CARRIERS_MAX = 1024, HOME_STACK = 128 * 1024 };

struct carrier {
    int kernel_tid;
    uintptr_t birth_tp;      /* thread pointer of the pthread that this kernel task was made as */
    struct green home;       /* its own context; pinned, so that hooks on it are libc's own */
    struct green *leaving;   /* set by a green thread that switches home: to be carried elsewhere */
    struct green *returning; /* set by a green thread that switches home: to be queued */
    struct green *assigned;  /* futex by its low word's change: what a spare is to run next */
    int assigned_word;       /* 1 when assigned is set */
    struct carrier *next_spare;
    struct carrier *next; /* of all; never freed */
};

static struct carrier scheduler_carrier;

static int lock; /* of what follows; spinning, held for a few instructions */
static struct carrier *spares;
static struct green *waiting_first, **waiting_last = &waiting_first; /* for a carrier to be free */
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

/* Runs on the home of a spare. The registers of a returning green thread are saved by now, so from
 * here the scheduler may run it. */
static void take_in(struct carrier *carrier) {
    struct green *green = carrier->returning;
    if (!green) return;
    carrier->returning = NULL;
    __atomic_store_n(&green->away, false, __ATOMIC_RELEASE);
    sched_ready_remote(green);
}

static struct green *next_to_carry(struct carrier *carrier) {
    lock_take();
    struct green *green = waiting_first;
    if (green) {
        waiting_first = green->carrier_next;
        if (!waiting_first) waiting_last = &waiting_first;
        lock_drop();
        return green;
    }
    carrier->assigned_word = 0;
    carrier->next_spare = spares;
    spares = carrier;
    lock_drop();
    while (!__atomic_load_n(&carrier->assigned_word, __ATOMIC_ACQUIRE))
        sys(SYS_futex, &carrier->assigned_word, FUTEX_WAIT_PRIVATE, 0, NULL);
    return carrier->assigned;
}

static void *spare_main(void *arg) {
    struct carrier *carrier = arg;
    green_self_tls = &carrier->home;
    carrier->home.pinned = 1;
    carrier->home.tp = carrier->birth_tp = context_tp();
    __atomic_store_n(&carrier->kernel_tid, (int)sys(SYS_gettid), __ATOMIC_RELEASE);
    for (;;) {
        struct green *green = next_to_carry(carrier);
        green->carrier = carrier;
        context_switch(&carrier->home.sp, green->sp, green->tp);
        take_in(carrier);
    }
    return NULL;
}

/* A carrier more, if that is allowed and possible; it will find whoever is waiting. */
static void add_spare(void) {
    if (carrier_count >= CARRIERS_MAX) return;
    struct carrier *carrier = calloc(1, sizeof *carrier);
    if (!carrier) return;
    if (os_thread_start(spare_main, carrier, OS_THREAD_STACK) < 0) {
        free(carrier);
        return;
    }
    carrier_count++;
    lock_take();
    carrier->next = all;
    __atomic_store_n(&all, carrier, __ATOMIC_RELEASE);
    lock_drop();
}

static void give_to_spare(struct green *green) {
    lock_take();
    struct carrier *carrier = spares;
    if (carrier) {
        spares = carrier->next_spare;
        carrier->assigned = green;
        __atomic_store_n(&carrier->assigned_word, 1, __ATOMIC_RELEASE);
    } else {
        green->carrier_next = NULL;
        *waiting_last = green;
        waiting_last = &green->carrier_next;
    }
    lock_drop();
    if (carrier) sys(SYS_futex, &carrier->assigned_word, FUTEX_WAKE_PRIVATE, 1);
}

/* ---- the scheduler's carrier ---- */

/* The home of the scheduler's carrier: who leaves switches here first, so that its registers are
 * saved before another task loads them. */
static void home_main(struct green *home) {
    for (;;) {
        struct green *green = scheduler_carrier.leaving;
        scheduler_carrier.leaving = NULL;
        give_to_spare(green);
        schedule();
    }
}

int carrier_init(void) {
    struct carrier *carrier = &scheduler_carrier;
    char *stack = stack_new(HOME_STACK);
    if (!stack || hollow_make(&carrier->home, stack, HOME_STACK, home_main) < 0) return -1;
    carrier->home.pinned = 1;
    carrier->home.depth = 1;
    carrier->home.signal_mask = SIGNALS_ALL; /* the poller sleeps under green 0's all the same */
    carrier->kernel_tid = runtime_pid;
    carrier->birth_tp = green_main.tp;
    sched.owner = carrier;
    return 0;
}

/* Is there a spare, or at least some carrier that will be one some day? */
static bool have_carrier(void) {
    lock_take();
    bool spare = spares != NULL;
    lock_drop();
    if (!spare) add_spare();
    return carrier_count > 1;
}

bool carrier_offload_begin(void) {
    struct green *self = green_may_park();
    int saved = errno;
    if (!self || !have_carrier()) return false;
    sched_enter(self);
    self->pinned++;
    __atomic_store_n(&self->away, true, __ATOMIC_RELEASE);
    sched.owner->leaving = self;
    sched_switch_to(&sched.owner->home);
    errno = saved;
    return true;
}

void carrier_offload_end(void) {
    struct green *self = green_self_tls;
    int saved = errno;
    struct carrier *carrier = self->carrier;
    carrier->returning = self;
    context_switch(&self->sp, carrier->home.sp, carrier->home.tp);
    self->pinned--;
    sched_leave(self);
    errno = saved;
}

/* ---- who runs where ---- */

int green_kernel_tid(const struct green *green) {
    bool away = __atomic_load_n(&green->away, __ATOMIC_ACQUIRE);
    return away && green->carrier ? green->carrier->kernel_tid : sched.owner->kernel_tid;
}

uintptr_t carrier_birth_tp(void) {
    int tid = (int)sys(SYS_gettid);
    for (struct carrier *carrier = __atomic_load_n(&all, __ATOMIC_ACQUIRE); carrier;
         carrier = carrier->next)
        if (__atomic_load_n(&carrier->kernel_tid, __ATOMIC_ACQUIRE) == tid)
            return carrier->birth_tp;
    return context_tp();
}
