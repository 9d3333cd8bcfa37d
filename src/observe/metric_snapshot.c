#include "observe/metric_snapshot.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "observe/metric_format.h"
#include "observe/metric_name.h"

static bool is_own(const struct metric_entry *entry) {
    return !entry->family && metric_is_own(entry->name);
}

static void put_number(FILE *out, const char *name, double number) {
    fprintf(out, ",\"%s\":", name);
    metric_put_number(out, isfinite(number) ? number : 0);
}

static void put_name(FILE *out, const struct metric_entry *entry) {
    fprintf(out, ",\"name\":\"%.*s\"", (int)entry->name.len, entry->name.data);
    metric_put_json_labels(out, entry->labels);
}

static bool put_octave(FILE *out, const struct metric_counts *octave, unsigned first, bool whole,
                       bool comma) {
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++) {
        uint64_t told = whole ? 0 : octave->told[i];
        if (octave->counts[i] <= told) continue;
        fprintf(out, "%s%u,%" PRIu64, comma ? "," : "", first + i, octave->counts[i] - told);
        comma = true;
    }
    return comma;
}

static void put_spread(FILE *out, const struct metric_entry *entry, bool whole) {
    bool comma = false;
    put_number(out, "count", (double)entry->count);
    put_number(out, "min", entry->min);
    put_number(out, "max", entry->max);
    fputs(",\"buckets\":[", out);
    for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++)
        if (entry->octaves[i])
            comma = put_octave(out, entry->octaves[i], i * HISTOGRAM_STEPS, whole, comma);
    fputs("]", out);
}

static bool has_changed(const struct metric_entry *entry) {
    return entry->value != entry->told || entry->count != entry->count_told;
}

static void put_entry(FILE *out, const struct metric_entry *entry, bool whole) {
    fprintf(out, "{\"id\":%u", entry->id);
    if (whole) put_name(out, entry);
    put_number(out, "value", entry->value);
    if (whole && metric_has_rates(entry)) put_number(out, "rate", entry->rates[0]);
    if (metric_is_histogram(entry)) put_spread(out, entry, whole);
    fputs("}", out);
}

static unsigned room_for(const struct metric_entry *entry) {
    static const char label[] = "endpoint=\"";
    bool of_endpoint = memmem(entry->labels.data, entry->labels.len, label, sizeof label - 1);
    return METRIC_SNAPSHOT_SERIES - (of_endpoint ? METRIC_SNAPSHOT_KEPT : 0);
}

/* An id is given to a series when it is told for the first time. */
static bool has_id(struct metric_table *table, struct metric_entry *entry) {
    if (!entry->id && table->ids_given - table->ids_lost < room_for(entry))
        entry->id = ++table->ids_given;
    return entry->id;
}

void metric_snapshot_write(struct metric_table *table, bool whole, FILE *out) {
    struct timespec now;
    const char *comma = "";
    unsigned left_out = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "{\"at\":%lld.%03ld,\"whole\":%s,\"series\":[", (long long)now.tv_sec,
            now.tv_nsec / NS_PER_MS, whole ? "true" : "false");
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));) {
        if (!is_own(e)) continue;
        bool is_new = !e->is_told;
        if (!has_id(table, e)) left_out++;
        if (!e->id || (!whole && !is_new && !has_changed(e))) continue;
        fputs(comma, out);
        put_entry(out, e, whole || is_new);
        comma = ",";
    }
    fprintf(out, "],\"left_out\":%u}", left_out);
}

void metric_snapshot_told(struct metric_table *table) {
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));) {
        if (!e->id || (e->is_told && !has_changed(e))) continue;
        e->is_told = true;
        e->told = e->value;
        e->count_told = e->count;
        for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++)
            if (e->octaves[i])
                memcpy(e->octaves[i]->told, e->octaves[i]->counts, sizeof e->octaves[i]->told);
    }
}
