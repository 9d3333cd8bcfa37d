#include "observe/metric_read.h"

#include <math.h>

#include "observe/metric_name.h"

/* So many bytes at a place, if they lie in the file. */
static void *at(struct metric_store *store, uint32_t place, size_t size) {
    bool inside = place >= sizeof *store && place % 64 == 0 && place <= METRIC_STORE_SIZE - size;
    return inside ? metric_store_at(store, place) : NULL;
}

static double number(const _Atomic(double) *place) {
    double value = atomic_load_explicit(place, memory_order_relaxed);
    return isnan(value) ? 0 : value;
}

/* Text that cannot change any more is checked. */
static bool take_text(struct metric_sample *sample, const gr_metric *metric, char *room) {
    size_t name = metric->name_len, labels = metric->labels_len;
    if (name > METRIC_NAME_MAX || labels > METRIC_LABELS_MAX) return false;
    memcpy(room, metric->text, name + labels);
    sample->name = (gr_slice){room, name};
    sample->labels = (gr_slice){room + name, labels};
    if (!metric_name_is_valid(sample->name)) return false;
    if (!sample->family) return metric_labels_are_valid(sample->labels);
    metric_text_clean(room + name, labels);
    return true;
}

/* Returns the metric, if there is one. */
static gr_metric *read_one(struct metric_store *store, uint32_t place, char *room,
                           struct metric_sample *sample) {
    enum { MOST = sizeof(gr_metric) + METRIC_NAME_MAX + METRIC_LABELS_MAX };
    gr_metric *metric = at(store, place, MOST);
    if (!metric) return NULL;
    *sample = (struct metric_sample){
        .kind = metric->kind,
        .family = metric->family,
        .value = number(&metric->value),
        .min = number(&metric->min),
        .max = number(&metric->max),
        .count = atomic_load_explicit(&metric->count, memory_order_relaxed),
        .octaves = atomic_load_explicit(&metric->octaves, memory_order_acquire),
    };
    bool known = sample->kind >= GR_COUNTER && sample->kind <= GR_TIMER;
    return known && take_text(sample, metric, room) ? metric : NULL;
}

void metric_read(struct metric_store *store,
                 void (*each)(void *data, struct metric_store *store,
                              const struct metric_sample *sample),
                 void *data) {
    char room[METRIC_NAME_MAX + METRIC_LABELS_MAX];
    struct metric_sample sample;
    for (uint32_t i = 0; i < METRIC_INDEX; i++) {
        uint32_t place = atomic_load_explicit(&store->index[i], memory_order_acquire);
        gr_metric *metric = place ? read_one(store, place, room, &sample) : NULL;
        if (!metric) continue;
        each(data, store, &sample);
        place = sample.family ? atomic_load_explicit(&metric->others, memory_order_acquire) : 0;
        if (place && read_one(store, place, room, &sample) && !sample.family)
            each(data, store, &sample);
    }
}

static void read_example(const struct metric_example *from, struct metric_found_example *out) {
    unsigned seq = atomic_load_explicit(&from->seq, memory_order_acquire);
    size_t len = from->len;
    out->id = (gr_slice){out->room, 0};
    out->time = from->time;
    out->value = from->value;
    memcpy(out->room, from->id, sizeof out->room);
    atomic_thread_fence(memory_order_acquire);
    bool whole = seq % 2 == 0 && seq == atomic_load_explicit(&from->seq, memory_order_relaxed) &&
                 len <= sizeof out->room && isfinite(out->value);
    for (size_t i = 0; whole && i < len; i++)
        whole = out->room[i] > ' ' && out->room[i] < 0x7f && !strchr("\"\\", out->room[i]);
    if (whole) out->id.len = len;
}

bool metric_read_octave(struct metric_store *store, const struct metric_sample *sample,
                        unsigned octave, uint64_t counts[HISTOGRAM_STEPS],
                        struct metric_found_example *example) {
    atomic_uint *places = at(store, sample->octaves, HISTOGRAM_OCTAVES * sizeof(atomic_uint));
    uint32_t place = places ? atomic_load_explicit(&places[octave], memory_order_acquire) : 0;
    struct metric_octave *found = place ? at(store, place, sizeof *found) : NULL;
    if (!found) return false;
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++)
        counts[i] = atomic_load_explicit(&found->counts[i], memory_order_relaxed);
    if (example) read_example(&found->example, example);
    return true;
}
