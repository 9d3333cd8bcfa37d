#include "runtime/runtime.h"

#include <errno.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "runtime/carrier.h"
#include "runtime/context.h"
#include "runtime/descriptor.h"
#include "runtime/hollow.h"
#include "runtime/monitor.h"
#include "runtime/poller.h"
#include "runtime/sched.h"
#include "runtime/site.h"
#include "runtime/stall.h"

bool runtime_on, runtime_apart;
int runtime_pid;

/* The poller's descriptors are the parent's: close-on-exec, and never touched. */
void runtime_abandon(void) {
    runtime_on = false;
    fault_stop();
    green_self_tls = NULL;
    address_forget_waits();
    sched_forget_wakes();
    poller_forget_wake();
}

static void adopt_main(void) {
    green_main.tp = context_tp();
    green_main.thread = pthread_self();
    green_main.deadline = NEVER;
    green_main.pinned = runtime_apart; /* but for serving_run, it runs the application */
    sys(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &green_main.signal_mask,
        sizeof green_main.signal_mask);
    green_self_tls = &green_main;
    sched.current = &green_main;
    sched.now = clock_now();
}

int runtime_start(const struct runtime_options *options, const char **why) {
    if (fault_check(why) < 0 || hollow_init(why) < 0) return -1;
    runtime_pid = getpid();
    runtime_apart = options->apart;
    adopt_main();
    if (green_pools_init(options->stack_size) < 0 || fd_table_init() < 0 ||
        poller_open(options->poller) < 0) {
        *why = "no memory or descriptors for the event loop";
        goto fail;
    }
    if (carrier_init() < 0) {
        *why = "threads of this C library cannot be made green";
        goto fail;
    }
    hollow_rseq_unregister();
    if (fault_start(why) < 0) goto fail;
    runtime_on = true;
    if (pthread_atfork(NULL, NULL, runtime_abandon) != 0 ||
        (options->slice > 0 && monitor_start(options->slice) < 0)) {
        *why = "the monitor thread cannot be started";
        goto fail;
    }
    return 0;
fail:
    runtime_abandon();
    return -1;
}

bool runtime_turns(unsigned long *seen) {
    unsigned long before = *seen;
    *seen = sched.progress;
    return *seen != before || __atomic_load_n(&sched.polling, __ATOMIC_SEQ_CST);
}

struct runtime_stats runtime_stats(void) {
    return (struct runtime_stats){.switches = sched.switches,
                                  .polls = sched.polls,
                                  .forced = monitor_forced,
                                  .handoffs = monitor_handoffs,
                                  .site_moves = __atomic_load_n(&site_moves, __ATOMIC_RELAXED),
                                  .stalls = stall_count,
                                  .greens = green_made()};
}
