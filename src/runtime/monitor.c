#include "runtime/monitor.h"

#include <linux/futex.h>

#include "base/fault.h"
#include "base/sys.h"
#include "runtime/carrier.h"
#include "runtime/interpreter.h"
#include "runtime/sched.h"
#include "runtime/site.h"
#include "runtime/stall.h"

enum {
    PERIOD = 2 * NS_PER_MS,
    IDLE_PERIODS = 50,
    PARKING_TIME = 100 * NS_PER_US, /* from letting go of the lock to being parked, with a margin */
    LOCK_PATIENCE =
        5 * NS_PER_MS, /* CPython's: it asks for its lock only after its switch interval */
};

volatile int monitor_asleep;
unsigned long monitor_forced, monitor_handoffs;

static int64_t period;
static unsigned patience; /* periods that code under an interpreter's lock is left alone */

void monitor_wake_slow(void) {
    monitor_asleep = 0;
    sys(SYS_futex, &monitor_asleep, FUTEX_WAKE_PRIVATE, 1);
}

/* Until the scheduler comes back from the poller. It looks at monitor_asleep after that, so either
 * it sees the flag or we see its progress. */
static void sleep_until_work(unsigned long seen) {
    __atomic_store_n(&monitor_asleep, 1, __ATOMIC_SEQ_CST);
    if (sched.progress == seen && __atomic_load_n(&sched.polling, __ATOMIC_SEQ_CST))
        sys(SYS_futex, &monitor_asleep, FUTEX_WAIT_PRIVATE, 1, NULL);
    monitor_asleep = 0;
}

static bool hand_off(struct green *green, unsigned long progress) {
    bool done = carrier_hand_off(green, progress);
    monitor_handoffs += done;
    return done;
}

/* The flag makes code give way at its next hook; the preempter makes an interpreter that computes
 * let go of its lock, in a hooked wait, which is such a hook. One that has not
 * moved when the lock is ours, and a moment later, is in C code without it. */
static void preempt(struct green *green, unsigned long progress) {
    monitor_forced++;
    green_must_yield = 1;
    stall_watch(green);
    sched.pressed = 1;
    interpreter_hold();
    struct stall *stall = stall_end();
    if (stall) interpreter_describe(green->thread, stall->stack, sizeof stall->stack);
    if (sched.progress == progress) sys_pause(PARKING_TIME);
    if (hand_off(green, progress)) green_must_yield = 0;
    interpreter_release();
    sched.pressed = 0;
    if (stall) stall_report(stall);
}

/* Whatever runs is handed off, wherever it is. */
static void spread_chaos(void) {
    for (;;) {
        sys_pause((int64_t)fault_part(PERIOD));
        unsigned long progress = sched.progress;
        if (fault(FAULT_HANDOFF)) hand_off(sched.current, progress);
    }
}

/* green has kept the scheduler's carrier for that many periods. */
static void intervene(struct green *green, unsigned long progress, unsigned periods) {
    if (interpreter_is_there()) {
        if (periods % patience == 0) preempt(green, progress);
    } else if (!hand_off(green, progress)) {
        green_must_yield = 1;
    }
}

/* On average a period, but never in step with what is looked at: by multiples of the golden ratio,
 * whose fractions spread evenly. */
static int64_t uneven_period(void) {
    static uint32_t fraction;
    fraction += 0x9e3779b9u;
    return period * 3 / 4 + (int64_t)((uint64_t)period / 2 * fraction >> 32);
}

static void *monitor_main(void *unused) {
    unsigned long seen = 0;
    unsigned idle = 0, still = 0;
    if (fault_is_on(FAULT_HANDOFF)) spread_chaos();
    for (;;) {
        sys_pause(uneven_period());
        unsigned long progress = sched.progress;
        struct green *green = sched.current;
        if (progress != seen) {
            idle = still = 0;
        } else if (!sched.polling) {
            intervene(green, progress, ++still);
        } else if (++idle >= IDLE_PERIODS) {
            sleep_until_work(progress);
            idle = 0;
        }
        if (site_lock.mutex) site_sample(green, progress);
        seen = progress;
    }
    return NULL;
}

int monitor_start(int64_t slice) {
    period = slice / 2 < PERIOD ? slice / 2 : PERIOD;
    patience =
        slice > LOCK_PATIENCE + 2 * PERIOD ? (unsigned)((slice - LOCK_PATIENCE) / PERIOD) - 1 : 1;
    stall_init();
    return os_thread_start(monitor_main, NULL, OS_THREAD_STACK);
}
