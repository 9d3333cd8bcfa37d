/* Counting and timing: what an application adds to what the server measures by itself. It is shown
 * beside that, over all workers together, where --admin says: see docs/metrics.md.
 *
 *     GR_COUNT("orders", 1);
 *     GR_TIMING("render") { render(page); }
 *
 * To record a value takes some 20 ns, never parks, never fails, and may be done by any thread, also
 * where nobody wants to know. */
#ifndef GREENROOM_METRICS_H
#define GREENROOM_METRICS_H

#include <greenroom/base.h>
#include <greenroom/green.h>

GR_BEGIN

typedef enum gr_metric_kind {
    GR_COUNTER = 1, /* what has happened; grows. gr_metric_add */
    GR_GAUGE,       /* what is: the workers' are summed. gr_metric_set, gr_metric_add */
    GR_METER,       /* a counter whose rate is told: of 1, 5 and 15 minutes. gr_metric_add */
    GR_HISTOGRAM,   /* how values are spread, each to less than 1 %. gr_metric_record */
    GR_TIMER,       /* a histogram of seconds, and a meter. gr_metric_record */
} gr_metric_kind;

/* One of the series of a name. It lives as long as the process. */
typedef struct gr_metric gr_metric;

/* Both terminated; value is UTF-8, and cut off behind some 100 bytes. */
typedef struct gr_label {
    const char *name, *value;
} gr_label;

/* The metric of that name with those labels, up to 8, in any order; made if there is none. A name
 * begins with a letter and has letters, digits and "_", up to 80; so have labels, up to 40. A
 * counter's or a meter's gets "_total" in the formats of Prometheus, a timer's "_seconds". A server
 * has 512 names and 10,000 series; what comes after them is summed as one series of its name, whose
 * labels are
 * "(others)". help is a sentence for whoever reads it, or NULL.
 *
 * Returns NULL with errno: EINVAL for a name or label that may not be, EEXIST where the name has
 * another kind. */
GR_API gr_metric *gr_metric_find(gr_metric_kind kind, const char *name, const char *help,
                                 const gr_label *labels, size_t count);

/* Counters and meters only grow: a negative change is not counted. NULL is nothing to add to, as
 * for all of these. */
GR_API void gr_metric_add(gr_metric *metric, double change);
GR_API void gr_metric_set(gr_metric *metric, double value);

/* A value that is negative, infinite or no number is not recorded. */
GR_API void gr_metric_record(gr_metric *metric, double value);

/* --- In one line, without labels; name is a literal --- */

/* The metric, which is looked for once. */
#define GR_METRIC(kind, name)                                                               \
    (__extension__({                                                                        \
        static gr_metric *gr_metric_found_;                                                 \
        gr_metric *gr_metric_known_ = __atomic_load_n(&gr_metric_found_, __ATOMIC_RELAXED); \
        if (!gr_metric_known_) {                                                            \
            gr_metric_known_ = gr_metric_find(kind, name, NULL, NULL, 0);                   \
            __atomic_store_n(&gr_metric_found_, gr_metric_known_, __ATOMIC_RELAXED);        \
        }                                                                                   \
        gr_metric_known_;                                                                   \
    }))

#define GR_COUNT(name, change) gr_metric_add(GR_METRIC(GR_COUNTER, name), change)
#define GR_MARK(name, change) gr_metric_add(GR_METRIC(GR_METER, name), change)
#define GR_SET(name, value) gr_metric_set(GR_METRIC(GR_GAUGE, name), value)
#define GR_RECORD(name, value) gr_metric_record(GR_METRIC(GR_HISTOGRAM, name), value)

struct gr_timing {
    gr_metric *metric;
    int64_t begun;
    bool over;
};

static inline void gr_timing_end(const struct gr_timing *timing) {
    gr_metric_record(timing->metric, (double)(gr_now() - timing->begun) / 1e9);
}

/* GR_TIMING("render") { ... } times the block, whichever way it is left. */
#define GR_TIMING(name)                                                                          \
    for (struct gr_timing gr_timing_                                                             \
         __attribute__((cleanup(gr_timing_end))) = {GR_METRIC(GR_TIMER, name), gr_now(), false}; \
         !gr_timing_.over; gr_timing_.over = true)

GR_END

#endif
