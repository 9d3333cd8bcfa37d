/* What it costs to record a value, in nanoseconds, best of several runs: a line for each kind, with
 * a tab before the figure; then a counter that is looked up by its name and two labels, and what
 * the server counts of each request: all by its endpoint, and one downstream. */
#include <stdio.h>

#include "greenroom/metrics.h"
#include "server/downstream_metrics.h"
#include "server/endpoint_waits.h"
#include "server/exchange.h"
#include "server/request_metrics.h"

enum { CALLS = 200000, RUNS = 9 };

static gr_metric *counter, *gauge, *histogram, *timer;

static void count(int i) { gr_metric_add(counter, 1); }
static void set(int i) { gr_metric_set(gauge, i); }
static void record(int i) { gr_metric_record(histogram, i % 5000); }
static void record_time(int i) { gr_metric_record(timer, 0.001 + i * 1e-7); }
static void count_in_a_line(int i) { GR_COUNT("counted", 1); }
static void time_a_block(int i) {
    GR_TIMING("block") {}
}
static void look_up(int i) {
    static const gr_label labels[] = {{"kind", "book"}, {"from", "shop"}};
    gr_metric_add(gr_metric_find(GR_COUNTER, "labelled", NULL, labels, 2), 1);
}

/* ---- of a request ---- */

#define ID "0123456789abcdef-1"
#define ENDPOINT "/orders/<int:number>"

static struct tally tally;
static struct connection connection;
static struct gr_request request = {.connection = &connection,
                                    .buffer = "GET",
                                    .head.method = {0, 3},
                                    .response.status = 200,
                                    .path = {"/orders/7", 9},
                                    .endpoint = {ENDPOINT, sizeof ENDPOINT - 1},
                                    .tally = &tally};
static int64_t now;

static void make_request(void) {
    connection.exchange = &request;
    request.id.text = gr_slice_of(ID);
    request.started = now = gr_now();
    tally.account.spent[ACCOUNT_RUNNING] = 50000;
    tally.use_count = 1;
    tally.uses[0] = (struct tally_use){.downstream = DOWNSTREAM_OTHERS,
                                       .round_trips = 1,
                                       .waited = 100000,
                                       .sent = 80,
                                       .received = 300};
}

/* Without a downstream. */
static void count_request(int i) {
    tally.use_count = 0;
    request_metrics_count(&request, now + 150000 + i % 1000);
}

static void count_downstream(int i) {
    tally.use_count = 1;
    tally.uses[0].waited = 100000 + i % 1000;
    downstream_metrics_count(&tally);
}

static void count_endpoint_wait(int i) {
    tally.use_count = 1;
    endpoint_waits_count(ENDPOINT, &tally);
}

/* ---- */

static double measure(void (*one)(int)) {
    int64_t best = INT64_MAX;
    for (int run = 0; run < RUNS; run++) {
        int64_t begun = gr_now();
        for (int i = 0; i < CALLS; i++) one(i);
        int64_t took = gr_now() - begun;
        if (took < best) best = took;
    }
    return (double)best / CALLS;
}

int main(void) {
    static const struct {
        const char *name;
        void (*one)(int);
    } kinds[] = {
        {"counter", count},
        {"gauge", set},
        {"histogram", record},
        {"timer", record_time},
        {"GR_COUNT", count_in_a_line},
        {"GR_TIMING", time_a_block},
        {"find, two labels", look_up},
        {"a request", count_request},
        {"a downstream of it", count_downstream},
        {"a downstream of its endpoint", count_endpoint_wait},
    };
    counter = gr_metric_find(GR_COUNTER, "a_counter", NULL, NULL, 0);
    gauge = gr_metric_find(GR_GAUGE, "a_gauge", NULL, NULL, 0);
    histogram = gr_metric_find(GR_HISTOGRAM, "a_histogram", NULL, NULL, 0);
    timer = gr_metric_find(GR_TIMER, "a_timer", NULL, NULL, 0);
    make_request();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        printf("%s\t%.1f\n", kinds[i].name, measure(kinds[i].one));
    return 0;
}
