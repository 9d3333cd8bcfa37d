/* All metrics as one JSON object: a list for each kind. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "observe/metric_format.h"
#include "observe/metric_name.h"

static const struct {
    const char *name;
    double share;
} quantiles[] = {{"p50", 0.5},  {"p75", 0.75}, {"p95", 0.95},
                 {"p98", 0.98}, {"p99", 0.99}, {"p999", 0.999}};

enum { QUANTILES = sizeof quantiles / sizeof *quantiles };

static const char *const lists[] = {
    [GR_COUNTER] = "counters",     [GR_GAUGE] = "gauges", [GR_METER] = "meters",
    [GR_HISTOGRAM] = "histograms", [GR_TIMER] = "timers",
};

static void put_text(FILE *out, const char *before, gr_slice text, const char *after) {
    fputs(before, out);
    fwrite(text.data, 1, text.len, out);
    fputs(after, out);
}

void metric_put_json_labels(FILE *out, gr_slice labels) {
    gr_slice name, value;
    fputs(",\"labels\":{", out);
    for (const char *comma = ""; metric_labels_next(&labels, &name, &value); comma = ",") {
        fprintf(out, "%s\"", comma);
        put_text(out, "", name, "\":\"");
        put_text(out, "", value, "\"");
    }
    fputs("}", out);
}

void metric_put_json_text(FILE *out, gr_slice text) {
    char piece[256];
    putc('"', out);
    while (text.len) {
        size_t len = text.len;
        if (len > sizeof piece) /* up to the beginning of a character */
            for (len = sizeof piece; len > 1 && (text.data[len] & 0xc0) == 0x80;) len--;
        memcpy(piece, text.data, len);
        metric_text_clean(piece, len);
        for (size_t i = 0; i < len; i++) {
            if (piece[i] == '"' || piece[i] == '\\') putc('\\', out);
            putc(piece[i], out);
        }
        text = (gr_slice){text.data + len, text.len - len};
    }
    putc('"', out);
}

/* JSON knows neither infinity nor what is no number. */
static void put_number(FILE *out, const char *name, double number) {
    fprintf(out, ",\"%s\":", name);
    if (isfinite(number))
        metric_put_number(out, number);
    else
        fputs("null", out);
}

/* age is for how long rates have been told, in seconds. */
static void put_rates(FILE *out, const struct metric_entry *entry, double age) {
    char name[32];
    double times = metric_entry_times(entry) - entry->before;
    put_number(out, "mean_rate", age > 0 ? times / age : 0);
    for (int i = 0; i < METRIC_RATES; i++) {
        snprintf(name, sizeof name, "m%d_rate", metric_rate_minutes[i]);
        put_number(out, name, entry->rates[i]);
    }
}

static void put_spread(FILE *out, const struct metric_entry *entry) {
    double shares[QUANTILES], values[QUANTILES];
    uint64_t count = metric_entry_count(entry);
    for (int i = 0; i < QUANTILES; i++) shares[i] = quantiles[i].share;
    metric_entry_quantiles(entry, shares, QUANTILES, values);
    fprintf(out, ",\"count\":%llu", (unsigned long long)count);
    put_number(out, "sum", entry->value);
    put_number(out, "min", count ? entry->min : 0);
    put_number(out, "max", count ? entry->max : 0);
    put_number(out, "mean", count ? entry->value / (double)count : 0);
    put_number(out, "stddev", metric_entry_deviation(entry));
    for (int i = 0; i < QUANTILES; i++) put_number(out, quantiles[i].name, values[i]);
}

static void put_entry(FILE *out, const struct metric_entry *entry, double age) {
    put_text(out, "{\"name\":\"", entry->name, "\"");
    metric_put_json_labels(out, entry->labels);
    if (metric_is_histogram(entry))
        put_spread(out, entry);
    else
        put_number(out, entry->kind == GR_METER ? "count" : "value", entry->value);
    if (metric_has_rates(entry)) put_rates(out, entry, age);
    fputs("}", out);
}

int metric_format_json(const struct metric_table *table, FILE *out) {
    const struct metric_entry **all = metric_table_sorted(table);
    double age = (double)(clock_now() - table->since) / NS_PER_S;
    if (!all) {
        errno = ENOMEM;
        return -1;
    }
    for (gr_metric_kind kind = GR_COUNTER; kind <= GR_TIMER; kind++) {
        fprintf(out, "%s\"%s\":[", kind == GR_COUNTER ? "{" : "],\n", lists[kind]);
        const char *comma = "\n";
        for (const struct metric_entry **at = all; *at; at++) {
            const struct metric_entry *family = metric_table_family(table, *at);
            if ((*at)->kind != kind || !family || family->kind != kind) continue;
            fputs(comma, out);
            put_entry(out, *at, age);
            comma = ",\n";
        }
    }
    fputs("]}\n", out);
    free(all);
    return 0;
}
