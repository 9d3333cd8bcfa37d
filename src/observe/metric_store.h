/* The metrics of one process, in memory that outlives it: the master makes an anonymous file for
 * each process that it starts, keeps it, and reads there what the process counts.
 *
 *   ┌────────┬──────────────────────┬───────────────┬─────────────────────────────────────────────┐
 *   │ header │ index: where each is │ slow requests │ metrics, and octaves of their histograms ─▶ │
 *   └────────┴──────────────────────┴───────────────┴─────────────────────────────────────────────┘
 *
 * The index is a hash table of places in the file, 0 for none; a metric is a family, or one of its
 * series. Nothing is ever moved or removed, pages that nobody has written to take no memory, and
 * everything is one atomic operation on one number: a thread may be stopped anywhere, or die, and
 * leaves neither a lock nor half a value behind. So threads may write as they like, children of
 * fork too.
 *
 * Who writes here trusts the memory, since it is its own; the master does not:
 * observe/metric_read.h. All of these may be called by any thread, and none parks. */
#ifndef OBSERVE_METRIC_STORE_H
#define OBSERVE_METRIC_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "greenroom/metrics.h"
#include "observe/histogram.h"
#include "observe/slow_requests.h"

enum {
    METRIC_FAMILIES_MAX = 512,    /* of the application */
    METRIC_SERIES_MAX = 10000,    /* and one "(others)" for each family */
    METRIC_OWN_FAMILIES_MAX = 64, /* of the server, which the application cannot use up */
    METRIC_OWN_SERIES_MAX = 4000,
    METRIC_OWN_FAMILY_MAX = 2000, /* of one of them, so that it leaves room for the others */
    METRIC_INDEX = 16384,
    METRIC_STORE_SIZE = 64 << 20, /* room for all of them as timers, with six octaves each */
    METRIC_NAME_MAX = 100,
    METRIC_LABELS_MAX = 1200,
    METRIC_HELP_MAX = 200,
    METRIC_EXAMPLE_MAX = 40,
};

/* How the names of the server's own begin. */
#define METRIC_OWN_PREFIX "greenroom"

static inline bool metric_is_own(gr_slice name) {
    size_t len = sizeof METRIC_OWN_PREFIX - 1;
    return name.len >= len && memcmp(name.data, METRIC_OWN_PREFIX, len) == 0;
}

/* A value of an octave, and by which request id it is found in the log. seq is odd while somebody
 * writes it: then it is nobody else's. */
struct metric_example {
    atomic_uint seq;
    uint32_t len;
    int64_t time; /* ns since 1970 */
    double value;
    char id[METRIC_EXAMPLE_MAX];
};

struct metric_octave {
    atomic_ullong counts[HISTOGRAM_STEPS];
    struct metric_example example;
};

struct gr_metric {
    uint32_t hash;
    uint8_t kind;   /* gr_metric_kind */
    uint8_t family; /* 1: this is one, and what stands behind its name is the help */
    uint16_t name_len, labels_len;
    atomic_uint others;    /* of a family: the place of the series that is for all further ones */
    atomic_uint series;    /* of a family of the server's: how many it has */
    _Atomic(double) value; /* of counters, gauges and meters; the sum of histograms */
    atomic_ullong count;   /* of histograms and timers */
    _Atomic(double) min, max;
    atomic_uint octaves; /* the place of a table of places; 0: none yet */
    char
        text[]; /* the name; and labels as the text format of Prometheus writes them, a="b",c="d" */
};

struct metric_store {
    _Alignas(64) atomic_uint used; /* the place that is free next */
    atomic_uint families, series, own_families, own_series;
    atomic_ullong dropped; /* values that were counted nowhere */
    atomic_uint index[METRIC_INDEX];
    atomic_uint catalogue; /* the place of observe/catalogue.h; 0: there is none */
    struct slow_requests slow;
};

/* Makes an empty one and maps it. *fd is close-on-exec. NULL with errno. */
GR_API struct metric_store *metric_store_make(int *fd);

/* Maps one that another process has made. NULL with errno. */
GR_API struct metric_store *metric_store_map(int fd);

/* An empty one that nobody else reads. NULL with errno. */
GR_API struct metric_store *metric_store_alone(void);

GR_API void metric_store_unmap(struct metric_store *store);

/* What belongs to a place; place is not 0, and was found in the store. */
static inline void *metric_store_at(struct metric_store *store, uint32_t place) {
    return (char *)store + place;
}

/* The place of so many bytes, all zero; 0 when there is no room. */
GR_API uint32_t metric_store_allocate(struct metric_store *store, size_t size);

/* The family of that name; made if there is none. NULL when there are too many. It may be of
 * another kind than asked for. */
GR_API struct gr_metric *metric_store_family(struct metric_store *store, gr_metric_kind kind,
                                             gr_slice name, gr_slice help);

/* The series of a family with those labels; made if there is none. When there are too many, the one
 * that is for the others, which has the labels others; NULL when that cannot be made. */
GR_API struct gr_metric *metric_store_series(struct metric_store *store, struct gr_metric *family,
                                             gr_slice labels, gr_slice others);

/* The octave of a histogram; made if there is none. NULL when there is no room. */
GR_API struct metric_octave *metric_store_octave(struct metric_store *store,
                                                 struct gr_metric *metric, unsigned octave);

/* Adds to a number. */
static inline void metric_add(_Atomic(double) *number, double change) {
    double before = atomic_load_explicit(number, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(number, &before, before + change,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* Makes value the least, or the most, that there was. */
GR_API void metric_widen(struct gr_metric *metric, double min, double max);

/* Counts so many values that found no room. */
static inline void metric_store_drop(struct metric_store *store, uint64_t count) {
    atomic_fetch_add_explicit(&store->dropped, count, memory_order_relaxed);
}

#endif
