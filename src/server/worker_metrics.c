#include "server/worker_metrics.h"

#include <stdio.h>

#include "base/clock.h"
#include "observe/metric.h"
#include "observe/slow_requests.h"
#include "runtime/runtime.h"
#include "runtime/timer.h"
#include "runtime/watch.h"

static const int64_t period = NS_PER_S;

static char number[12];
static gr_metric *requests, *lag, *green_threads;
static int64_t due; /* of the timer */

/* Counters of the runtime's, and how much of them has been told. */
static struct told {
    const char *name, *help;
    size_t place; /* in struct runtime_stats */
    gr_metric *metric;
    unsigned long count;
} told[] = {
#define OF(member) offsetof(struct runtime_stats, member)
    {"greenroom_worker_switches", "Switches from one green thread to another", OF(switches), NULL,
     0},
    {"greenroom_worker_preemptions", "Times that one was asked to give way", OF(forced), NULL, 0},
    {"greenroom_worker_handoffs", "Times that the others went on beside C code", OF(handoffs), NULL,
     0},
    {"greenroom_worker_stalls", "Times that C code with the interpreter's lock kept all waiting",
     OF(stalls), NULL, 0},
#undef OF
};

enum { TOLD = sizeof told / sizeof *told };

static gr_metric *find(gr_metric_kind kind, const char *name, const char *help) {
    const gr_label worker = {"worker", number};
    return metric_of_server(kind, name, help, &worker, 1);
}

static void tell(const struct runtime_stats *stats, struct told *one) {
    unsigned long now = *(const unsigned long *)((const char *)stats + one->place);
    gr_metric_add(one->metric, (double)(now - one->count));
    one->count = now;
}

static void look(struct timer *timer);
static struct timer timer = {.fire = look};

/* The loop is late by as long as it could not look at its timers. */
static void look(struct timer *unused) {
    int64_t now = clock_now();
    struct runtime_stats stats = runtime_stats();
    gr_metric_record(lag, now > due ? (double)(now - due) / NS_PER_S : 0);
    gr_metric_set(green_threads, stats.greens);
    for (int i = 0; i < TOLD; i++) tell(&stats, &told[i]);
    slow_requests_time++;
    due = now + period;
    timer_start(&timer, due);
}

void worker_metrics_start(int slot) {
    if (!metrics_on) return;
    snprintf(number, sizeof number, "%d", slot);
    requests = find(GR_TIMER, "greenroom_worker_request_seconds", "Time to answer a request");
    lag = find(GR_TIMER, "greenroom_worker_loop_lag_seconds",
               "How late the event loop is, once a second");
    green_threads =
        find(GR_GAUGE, "greenroom_worker_green_threads", "Green threads that there are");
    for (int i = 0; i < TOLD; i++) told[i].metric = find(GR_COUNTER, told[i].name, told[i].help);
    due = clock_now() + period;
    timer_start(&timer, due);
}

void worker_metrics_request(double seconds) { gr_metric_record(requests, seconds); }
