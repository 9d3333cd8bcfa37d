/* What it costs to record a value, in nanoseconds, best of several runs: a line for each kind, with
 * a tab before the figure; last, a timer that is looked up by its name and two labels. */
#include <stdio.h>

#include "greenroom/metrics.h"

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
    };
    counter = gr_metric_find(GR_COUNTER, "a_counter", NULL, NULL, 0);
    gauge = gr_metric_find(GR_GAUGE, "a_gauge", NULL, NULL, 0);
    histogram = gr_metric_find(GR_HISTOGRAM, "a_histogram", NULL, NULL, 0);
    timer = gr_metric_find(GR_TIMER, "a_timer", NULL, NULL, 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        printf("%s\t%.1f\n", kinds[i].name, measure(kinds[i].one));
    return 0;
}
