/* The metrics of all processes, summed: what the formats are written from. Filled anew each time
 * that somebody asks, from the stores; what stays from one time to the next are the rates.
 *
 *     metric_table_begin ─▶ metric_table_add for each store ─▶ metric_table_end
 *
 * For one thread. */
#ifndef OBSERVE_METRIC_TABLE_H
#define OBSERVE_METRIC_TABLE_H

#include "observe/metric_read.h"

enum { METRIC_RATES = 3 };

/* Of which the rates are, in minutes. */
extern const int metric_rate_minutes[METRIC_RATES];

struct metric_entry {
    struct metric_entry *next; /* of the same bucket */
    uint32_t hash;
    bool family, seen;
    gr_metric_kind kind;
    gr_slice name, labels; /* of a family, labels is its help; own memory, behind this struct */
    double value, min, max;
    uint64_t count;
    struct metric_counts *octaves[HISTOGRAM_OCTAVES]; /* own memory; NULL: never used */
    double rates[METRIC_RATES];                       /* per second */
    double rated;                                     /* how many there were at the last tick */
    double before;                                    /* and at metric_table_start */
    bool has_rates;
    /* What of it whoever has the table told last: metric_statsd_push, or metric_snapshot_told. */
    double told;
    uint64_t count_told;
    bool is_told;
    unsigned id; /* in snapshots; 0: none */
};

struct metric_counts {
    uint64_t counts[HISTOGRAM_STEPS];
    uint64_t told[HISTOGRAM_STEPS];
    struct metric_found_example example;
};

struct metric_table {
    struct metric_entry **buckets;
    size_t count, room; /* of entries, and of buckets */
    uint64_t dropped;
    int64_t since;                /* ns of CLOCK_MONOTONIC, from when on rates are told */
    bool incomplete;              /* there was no memory for all */
    unsigned ids_given, ids_lost; /* of entries that are forgotten */
};

void metric_table_begin(struct metric_table *table);

void metric_table_add(struct metric_table *table, struct metric_store *store);

/* A number that is in no store, added to a series; labels are as observe/metric_name.h writes them.
 */
void metric_table_put(struct metric_table *table, gr_metric_kind kind, gr_slice name, gr_slice help,
                      gr_slice labels, double value);

/* Forgets what no store has any more, but for gauges of which somebody was told who does not know
 * that yet: they are 0, and not seen. */
void metric_table_end(struct metric_table *table);

/* Rates are those of what is counted from now on, and of nothing that is there already. Without
 * this, of all. */
void metric_table_start(struct metric_table *table);

/* A period of so many seconds is over: the rates. */
void metric_table_tick(struct metric_table *table, double seconds);

/* The series in the order of their names and labels, malloc'ed, NULL at the end; NULL when there is
 * no memory. */
const struct metric_entry **metric_table_sorted(const struct metric_table *table);

/* The family of a series; NULL where it got lost. */
const struct metric_entry *metric_table_family(const struct metric_table *table,
                                               const struct metric_entry *series);

/* All of them in turn: the one behind after, the first for NULL; NULL at the end. */
struct metric_entry *metric_table_next(const struct metric_table *table,
                                       const struct metric_entry *after);

void metric_table_free(struct metric_table *table);

/* ---- one entry ---- */

static inline bool metric_is_histogram(const struct metric_entry *entry) {
    return entry->kind == GR_HISTOGRAM || entry->kind == GR_TIMER;
}

static inline bool metric_has_rates(const struct metric_entry *entry) {
    return entry->kind == GR_METER || entry->kind == GR_TIMER;
}

/* How often: of meters and timers. */
double metric_entry_times(const struct metric_entry *entry);

/* The values below which such shares of all lie, in rising order, each to less than 0.8 %; 0 where
 * nothing has been recorded. */
void metric_entry_quantiles(const struct metric_entry *entry, const double *shares, size_t count,
                            double *values);

/* How many lie in the buckets whose middle is each bound at most; the bounds rise. */
void metric_entry_below(const struct metric_entry *entry, const double *bounds, size_t count,
                        uint64_t *below);

/* How many there are in all buckets. */
uint64_t metric_entry_count(const struct metric_entry *entry);

/* Adds what from has recorded to a histogram of the caller's, which may begin as all zero but for
 * min and max, INFINITY and -INFINITY, and whose octaves are there. */
void metric_entry_add(struct metric_entry *entry, const struct metric_entry *from);

double metric_entry_deviation(const struct metric_entry *entry);

#endif
