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

struct fold {
    struct metric_store *into;
    bool gauges;
    gr_slice but; /* a label; len 0: none */
};

static bool ends_with(gr_slice text, gr_slice end) {
    return text.len >= end.len && memcmp(text.data + text.len - end.len, end.data, end.len) == 0;
}

static bool is_left_out(const struct fold *fold, const struct metric_sample *sample) {
    if (sample->kind == GR_GAUGE && !fold->gauges) return true;
    return fold->but.len && !sample->family && metric_is_own(sample->name) &&
           ends_with(sample->labels, fold->but);
}

/* Before their series, which know no help. */
static void fold_family(void *data, struct metric_store *from, const struct metric_sample *sample) {
    const struct fold *fold = data;
    if (sample->family && !is_left_out(fold, sample))
        metric_store_family(fold->into, sample->kind, sample->name, sample->labels);
}

static void fold_series(void *data, struct metric_store *from, const struct metric_sample *sample) {
    const struct fold *fold = data;
    struct metric_store *into = fold->into;
    uint64_t counts[HISTOGRAM_STEPS];
    if (sample->family || is_left_out(fold, sample)) return;
    gr_metric *metric = place_for(into, sample);
    if (!metric) return metric_store_drop(into, sample->count ? sample->count : 1);
    metric_add(&metric->value, sample->value);
    atomic_fetch_add_explicit(&metric->count, sample->count, memory_order_relaxed);
    metric_widen(metric, sample->min, sample->max);
    for (unsigned i = 0; sample->octaves && i < HISTOGRAM_OCTAVES; i++)
        if (metric_read_octave(from, sample, i, counts, NULL)) fold_octave(into, metric, i, counts);
}

static void fold_all(struct fold fold, struct metric_store *from) {
    metric_store_drop(fold.into, atomic_load_explicit(&from->dropped, memory_order_relaxed));
    metric_read(from, fold_family, &fold);
    metric_read(from, fold_series, &fold);
}

void metric_store_fold(struct metric_store *into, struct metric_store *from) {
    fold_all((struct fold){.into = into}, from);
}

void metric_store_copy(struct metric_store *into, struct metric_store *from, gr_slice but) {
    fold_all((struct fold){.into = into, .gauges = true, .but = but}, from);
}
