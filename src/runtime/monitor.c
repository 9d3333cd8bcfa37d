#include "runtime/monitor.h"

#include <linux/futex.h>

#include "base/sys.h"
#include "greenroom/green.h"
#include "runtime/carrier.h"
#include "runtime/sched.h"

enum { IDLE_PERIODS = 20 };

volatile int monitor_asleep;
unsigned long monitor_forced;

static int64_t period;
static gr_preempter preempter;
static volatile bool preempter_set;

void gr_preempt_with(const gr_preempter *with) {
    preempter = *with;
    __atomic_store_n(&preempter_set, true, __ATOMIC_RELEASE);
}

void monitor_wake_slow(void) {
    monitor_asleep = 0;
    sys(SYS_futex, &monitor_asleep, FUTEX_WAKE_PRIVATE, 1);
}

static void sleep_a_period(void) {
    struct timespec length = {.tv_sec = period / NS_PER_S, .tv_nsec = period % NS_PER_S};
    sys(SYS_nanosleep, &length, NULL);
}

/* Until the scheduler comes back from the poller. It looks at monitor_asleep after that, so either
 * it sees the flag or we see its progress. */
static void sleep_until_work(unsigned long seen) {
    __atomic_store_n(&monitor_asleep, 1, __ATOMIC_SEQ_CST);
    if (sched.progress == seen && __atomic_load_n(&sched.polling, __ATOMIC_SEQ_CST))
        sys(SYS_futex, &monitor_asleep, FUTEX_WAIT_PRIVATE, 1, NULL);
    monitor_asleep = 0;
}

/* The flag makes C code give way at its next hook; the preempter makes an interpreter that computes
 * let go of its lock, in a hooked wait, which is such a hook. */
static void force(void) {
    monitor_forced++;
    green_must_yield = 1;
    if (!__atomic_load_n(&preempter_set, __ATOMIC_ACQUIRE)) return;
    preempter.hold(preempter.data);
    preempter.release(preempter.data);
}

static void *monitor_main(void *unused) {
    unsigned long seen = 0;
    unsigned idle = 0;
    for (;;) {
        sleep_a_period();
        unsigned long progress = sched.progress;
        if (progress != seen) {
            idle = 0;
        } else if (!sched.polling) {
            force();
        } else if (++idle >= IDLE_PERIODS) {
            sleep_until_work(progress);
            idle = 0;
        }
        seen = progress;
    }
    return NULL;
}

int monitor_start(int64_t slice) {
    period = slice / 2;
    return os_thread_start(monitor_main, NULL, OS_THREAD_STACK);
}
