#include "observe/metric.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"
#include "observe/metric_name.h"

bool metrics_on;

static _Atomic(struct metric_store *) store; /* NULL: nothing has been counted yet */

/* Where values go that find no room. */
static gr_metric nowhere;

int metrics_open(int fd) {
    if (fd < 0) return 0;
    struct metric_store *mapped = metric_store_map(fd);
    if (!mapped) return -1;
    atomic_store(&store, mapped);
    sys(SYS_close, fd);
    metrics_on = true;
    return 0;
}

/* Where nobody wants to know, an application counts all the same: it is to find no difference. */
static struct metric_store *store_now(void) {
    struct metric_store *known = atomic_load_explicit(&store, memory_order_acquire), *alone;
    if (known || !(alone = metric_store_alone())) return known;
    if (atomic_compare_exchange_strong(&store, &known, alone)) return alone;
    metric_store_unmap(alone);
    return known;
}

/* Whoever has a metric has found it in a store. */
struct metric_store *metric_store_own(void) {
    return atomic_load_explicit(&store, memory_order_relaxed);
}

/* ---- names ---- */

static bool ends_in(const char *name, const char *end) {
    size_t len = strlen(name), tail = strlen(end);
    return len > tail && strcmp(name + len - tail, end) == 0;
}

/* What the formats add to the names of other kinds must not be the end of this one. */
static bool may_be_gauge(const char *name) {
    static const char *const ends[] = {"_total", "_created", "_count", "_sum", "_bucket"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_in(name, ends[i])) return false;
    return true;
}

enum { GIVEN_NAME_MAX = 80 };

/* As it is kept: without "_total", and of a timer with "_seconds". False for one that may not be.
 */
static bool keep_name(gr_metric_kind kind, const char *name, char kept[METRIC_NAME_MAX + 1]) {
    if (strlen(name) > GIVEN_NAME_MAX || !metric_name_is_valid(gr_slice_of(name))) return false;
    if (kind == GR_GAUGE && !may_be_gauge(name)) return false;
    bool counts = kind == GR_COUNTER || kind == GR_METER;
    size_t len = strlen(name);
    if (counts && ends_in(name, "_total")) len -= strlen("_total");
    bool unit = kind == GR_TIMER && !ends_in(name, "_seconds");
    snprintf(kept, METRIC_NAME_MAX + 1, "%.*s%s", (int)len, name, unit ? "_seconds" : "");
    return true;
}

static bool labels_may_be(const gr_label *labels, size_t count) {
    if (count > METRIC_LABELS) return false;
    for (size_t i = 0; i < count; i++) {
        if (!metric_label_name_is_valid(gr_slice_of(labels[i].name))) return false;
        for (size_t other = 0; other < i; other++)
            if (strcmp(labels[i].name, labels[other].name) == 0) return false;
    }
    return true;
}

static bool is_known_kind(gr_metric_kind kind) { return kind >= GR_COUNTER && kind <= GR_TIMER; }

/* ---- finding ---- */

static gr_metric *find(gr_metric_kind kind, const char *name, const char *help,
                       const gr_label *labels, size_t count) {
    char kept[METRIC_NAME_MAX + 1], text[METRIC_LABELS_MAX], others[METRIC_LABELS_MAX];
    if (!is_known_kind(kind) || !keep_name(kind, name, kept) || !labels_may_be(labels, count)) {
        errno = EINVAL;
        return NULL;
    }
    struct metric_store *present = store_now();
    if (!present) return &nowhere;
    gr_slice about = gr_slice_of(help);
    if (about.len > METRIC_HELP_MAX) about.len = METRIC_HELP_MAX;
    gr_metric *family = metric_store_family(present, kind, gr_slice_of(kept), about);
    if (family && family->kind != kind) {
        errno = EEXIST;
        return NULL;
    }
    gr_slice own = {text, metric_labels_put(text, labels, count, NULL)};
    gr_slice rest = {others, metric_labels_put(others, labels, count, "(others)")};
    gr_metric *series = family ? metric_store_series(present, family, own, rest) : NULL;
    return series ? series : &nowhere;
}

gr_metric *gr_metric_find(gr_metric_kind kind, const char *name, const char *help,
                          const gr_label *labels, size_t count) {
    if (!metric_is_own(gr_slice_of(name))) return find(kind, name, help, labels, count);
    errno = EINVAL;
    return NULL;
}

gr_metric *metric_of_server(gr_metric_kind kind, const char *name, const char *help,
                            const gr_label *labels, size_t count) {
    gr_metric *metric = find(kind, name, help, labels, count);
    return metric ? metric : &nowhere;
}

/* ---- recording ---- */

static void drop(void) {
    if (metric_store_own()) metric_store_drop(metric_store_own(), 1);
}

void gr_metric_add(gr_metric *metric, double change) {
    if (!metric || (change < 0 && metric->kind != GR_GAUGE) || isnan(change)) return;
    if (__builtin_expect(metric == &nowhere, 0)) return drop();
    metric_add(&metric->value, change);
}

void gr_metric_set(gr_metric *metric, double value) {
    if (!metric || metric == &nowhere) return;
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

/* NULL when it has not been made yet. */
static struct metric_octave *octave_of(gr_metric *metric, unsigned octave) {
    uint32_t table = atomic_load_explicit(&metric->octaves, memory_order_acquire);
    if (!table) return NULL;
    atomic_uint *places = metric_store_at(metric_store_own(), table);
    uint32_t place = atomic_load_explicit(&places[octave], memory_order_acquire);
    return place ? metric_store_at(metric_store_own(), place) : NULL;
}

void gr_metric_record(gr_metric *metric, double value) {
    if (!metric || !(value >= 0) || isinf(value)) return;
    if (__builtin_expect(metric == &nowhere, 0)) return drop();
    struct histogram_place place = histogram_place(value);
    struct metric_octave *octave = octave_of(metric, place.octave);
    if (!octave && !(octave = metric_store_octave(metric_store_own(), metric, place.octave)))
        return drop();
    atomic_fetch_add_explicit(&octave->counts[place.step], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->count, 1, memory_order_relaxed);
    metric_add(&metric->value, value);
    metric_widen(metric, value, value);
}

/* ---- examples ---- */

bool metric_wants_example(gr_metric *metric, double value, int64_t wall) {
    if (metric == &nowhere) return false;
    struct metric_octave *octave = octave_of(metric, histogram_place(value).octave);
    return octave && wall - octave->example.time >= NS_PER_S;
}

void metric_set_example(gr_metric *metric, double value, gr_slice id, int64_t wall) {
    struct metric_example *example = &octave_of(metric, histogram_place(value).octave)->example;
    unsigned seq = atomic_load_explicit(&example->seq, memory_order_relaxed);
    if (id.len > METRIC_EXAMPLE_MAX || seq & 1 ||
        !atomic_compare_exchange_strong(&example->seq, &seq, seq + 1))
        return;
    example->time = wall;
    example->value = value;
    example->len = (uint32_t)id.len;
    memcpy(example->id, id.data, id.len);
    atomic_store_explicit(&example->seq, seq + 2, memory_order_release);
}
