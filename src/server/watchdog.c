#include "server/watchdog.h"

#include <signal.h>
#include <stdio.h>

#include "base/sys.h"
#include "greenroom/log.h"
#include "greenroom/worker.h"
#include "runtime/backtrace.h"
#include "runtime/carrier.h"
#include "runtime/interpreter.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"
#include "server/load.h"
#include "server/stalls.h"

enum {
    LOOK_EVERY = NS_PER_S,
    LOOKS = 4,                 /* within the timeout, at least */
    WRITING = 300 * NS_PER_MS, /* time for the interpreter's stacks to be written */
};

static int64_t timeout, period;
static bool resting;        /* atomic */
static bool language_dumps; /* the host was told of the signal */

int watchdog_stack_signal(void) {
    language_dumps = true;
    return SIGRTMAX - 3;
}

static void signal_scheduler(int number) {
    sys(SYS_tgkill, runtime_pid, green_kernel_tid(sched.current), number);
}

static void tell_where(void) {
    const struct green *green = sched.current;
    void *frames[STALL_FRAMES];
    char work[STALL_WORK] = "", stack[STALLS_C_STACK];
    int count = backtrace_of(green, frames, STALL_FRAMES);
    stalls_note(green, work);
    stalls_print(frames, count, stack);
    gr_log(GR_LOG_ERROR, "it is in %s; C: %s", *work ? work : "no request",
           *stack ? stack : "unknown");
}

/* The interpreter's stacks come last: they are as many lines as there are threads. */
__attribute__((noreturn)) static void give_up(const char *why, bool scheduler) {
    gr_log(GR_LOG_ERROR,
           "the worker does not respond: %s for %.1f s; it ends, and where it hangs follows", why,
           (double)timeout / NS_PER_S);
    if (scheduler) tell_where();
    if (language_dumps) {
        signal_scheduler(watchdog_stack_signal());
        sys_pause(WRITING);
    }
    sys(SYS_exit_group, GR_EXIT_HUNG);
    __builtin_unreachable();
}

/* Nobody has let go of the lock since the last look, and it could not be had since then. It is not
 * asked for where others pass it round, which is all that is to be known. */
static bool lock_is_held(unsigned long *passes) {
    unsigned long before = *passes;
    *passes = interpreter_passes();
    return *passes == before && load_in_flight() > 0 && !interpreter_ask(NULL, NULL);
}

/* Time is counted by looks: a process that was stopped has not hung. */
static void *watch(void *unused) {
    int64_t still = 0, held = 0;
    unsigned long seen = 0, passes = 0;
    while (!__atomic_load_n(&resting, __ATOMIC_RELAXED)) {
        sys_pause(period);
        load_beat();
        still = runtime_turns(&seen) ? 0 : still + period;
        held = lock_is_held(&passes) ? held + period : 0;
        if (__atomic_load_n(&resting, __ATOMIC_RELAXED)) break;
        if (still >= timeout) give_up("nobody has had a turn", true);
        if (held >= timeout) give_up("the interpreter's lock could not be had", false);
    }
    return NULL;
}

int watchdog_start(int64_t after) {
    if (!after) return 0;
    timeout = after;
    period = timeout / LOOKS < LOOK_EVERY ? timeout / LOOKS : LOOK_EVERY;
    load_beat();
    return os_thread_start(watch, NULL, OS_THREAD_STACK);
}

void watchdog_rest(void) { __atomic_store_n(&resting, true, __ATOMIC_RELAXED); }
