#include "observe/metric_fold.h"

#include "observe/metric_name.h"
#include "observe/metric_read.h"

/* The same labels, each with the value "(others)". */
static size_t others_of(gr_slice labels, char out[METRIC_LABELS_MAX]) {
    gr_slice name, value;
    size_t len = 0;
    while (metric_labels_next(&labels, &name, &value)) {
        static const char rest[] = "=\"(others)\"";
        if (len + 1 + name.len + sizeof rest - 1 > METRIC_LABELS_MAX) break;
        if (len) out[len++] = ',';
        memcpy(out + len, name.data, name.len);
        memcpy(out + len + name.len, rest, sizeof rest - 1);
        len += name.len + sizeof rest - 1;
    }
    return len;
}

static gr_metric *place_for(struct metric_store *into, const struct metric_sample *sample) {
    char others[METRIC_LABELS_MAX];
    gr_metric *family = metric_store_family(into, sample->kind, sample->name, (gr_slice){0});
    if (!family || family->kind != sample->kind) return NULL;
    gr_slice rest = {others, others_of(sample->labels, others)};
    return metric_store_series(into, family, sample->labels, rest);
}

static void fold_octave(struct metric_store *into, gr_metric *metric, unsigned number,
                        const uint64_t counts[HISTOGRAM_STEPS]) {
    struct metric_octave *octave = metric_store_octave(into, metric, number);
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++) {
        if (!counts[i]) continue;
        if (octave)
            atomic_fetch_add_explicit(&octave->counts[i], counts[i], memory_order_relaxed);
        else
            metric_store_drop(into, counts[i]);
    }
}

/* Before their series, which know no help. */
static void fold_family(void *data, struct metric_store *from, const struct metric_sample *sample) {
    if (sample->family && sample->kind != GR_GAUGE)
        metric_store_family(data, sample->kind, sample->name, sample->labels);
}

static void fold_series(void *data, struct metric_store *from, const struct metric_sample *sample) {
    struct metric_store *into = data;
    uint64_t counts[HISTOGRAM_STEPS];
    if (sample->family || sample->kind == GR_GAUGE) return;
    gr_metric *metric = place_for(into, sample);
    if (!metric) return metric_store_drop(into, sample->count ? sample->count : 1);
    metric_add(&metric->value, sample->value);
    atomic_fetch_add_explicit(&metric->count, sample->count, memory_order_relaxed);
    metric_widen(metric, sample->min, sample->max);
    for (unsigned i = 0; sample->octaves && i < HISTOGRAM_OCTAVES; i++)
        if (metric_read_octave(from, sample, i, counts, NULL)) fold_octave(into, metric, i, counts);
}

void metric_store_fold(struct metric_store *into, struct metric_store *from) {
    metric_store_drop(into, atomic_load_explicit(&from->dropped, memory_order_relaxed));
    metric_read(from, fold_family, into);
    metric_read(from, fold_series, into);
}
