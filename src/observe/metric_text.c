/* The text formats of Prometheus:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4) and
 * https://prometheus.io/docs/specs/om/open_metrics_spec/ (1.0). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "observe/metric_format.h"

/* Upper bounds of the buckets that are told; behind the last comes infinity. */
static const double seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                 0.25,   0.5,   1,      2.5,   5,    10,    30,   60};

/* Powers of four are bounds of our own buckets, too. */
static const double any[] = {1.0 / 1024, 1.0 / 256, 1.0 / 64,   1.0 / 16,    1.0 / 4, 1,
                             4,          16,        64,         256,         1024,    4096,
                             16384,      65536,     262144,     1048576,     4194304, 16777216,
                             67108864,   268435456, 1073741824, 4294967296.0};

enum { SECONDS = sizeof seconds / sizeof *seconds, ANY = sizeof any / sizeof *any };

struct writer {
    FILE *out;
    enum metric_format format;
};

static void put(FILE *out, gr_slice text) { fwrite(text.data, 1, text.len, out); }

void metric_put_number(FILE *out, double number) {
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    fputs(text, out);
}

static void put_value(FILE *out, double value) {
    if (isinf(value))
        fputs(value > 0 ? "+Inf" : "-Inf", out);
    else
        metric_put_number(out, value);
}

/* OpenMetrics wants to see that a bound is no integer. */
static void put_bound(const struct writer *w, double bound) {
    bool whole = bound == floor(bound) && bound < 1e15;
    put_value(w->out, bound);
    if (whole && w->format == METRIC_OPENMETRICS) fputs(".0", w->out);
}

static void put_help(const struct writer *w, gr_slice help) {
    for (size_t i = 0; i < help.len; i++) {
        char c = help.data[i];
        if (c == '\\' || (c == '"' && w->format == METRIC_OPENMETRICS)) fputc('\\', w->out);
        fputc(c, w->out);
    }
}

/* ---- a family ---- */

static const char *type_of(gr_metric_kind kind) {
    if (kind == GR_GAUGE) return "gauge";
    return kind == GR_COUNTER || kind == GR_METER ? "counter" : "histogram";
}

/* In the older format it is the counter that has a type and a help, in the newer the family. */
static void put_head(const struct writer *w, const struct metric_entry *family) {
    bool counts = family->kind == GR_COUNTER || family->kind == GR_METER;
    const char *end = counts && w->format == METRIC_PROMETHEUS ? "_total" : "";
    int len = (int)family->name.len;
    if (family->labels.len) {
        fprintf(w->out, "# HELP %.*s%s ", len, family->name.data, end);
        put_help(w, family->labels);
        fputc('\n', w->out);
    }
    fprintf(w->out, "# TYPE %.*s%s %s\n", len, family->name.data, end, type_of(family->kind));
    if (family->kind == GR_TIMER && w->format == METRIC_OPENMETRICS)
        fprintf(w->out, "# UNIT %.*s seconds\n", len, family->name.data);
}

/* ---- a series ---- */

static void put_name(const struct writer *w, const struct metric_entry *entry, const char *end) {
    put(w->out, entry->name);
    fputs(end, w->out);
    if (!entry->labels.len) return;
    fputc('{', w->out);
    put(w->out, entry->labels);
    fputc('}', w->out);
}

static void put_line(const struct writer *w, const struct metric_entry *entry, const char *end,
                     double value) {
    put_name(w, entry, end);
    fputc(' ', w->out);
    put_value(w->out, value);
    fputc('\n', w->out);
}

/* The latest of those between two bounds. */
static const struct metric_found_example *find_example(const struct metric_entry *entry,
                                                       double above, double bound) {
    const struct metric_found_example *found = NULL;
    for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++) {
        const struct metric_found_example *one =
            entry->octaves[i] ? &entry->octaves[i]->example : NULL;
        bool fits = one && one->id.len && one->value > above && one->value <= bound;
        if (fits && (!found || one->time > found->time)) found = one;
    }
    return found;
}

static void put_example(const struct writer *w, const struct metric_found_example *example) {
    fputs(" # {request_id=\"", w->out);
    put(w->out, example->id);
    fputs("\"} ", w->out);
    metric_put_number(w->out, example->value);
    fprintf(w->out, " %lld.%03d", (long long)(example->time / NS_PER_S),
            (int)(example->time / NS_PER_MS % 1000));
}

static void put_bucket(const struct writer *w, const struct metric_entry *entry, double above,
                       double bound, uint64_t count) {
    put(w->out, entry->name);
    fputs("_bucket{", w->out);
    put(w->out, entry->labels);
    fputs(entry->labels.len ? ",le=\"" : "le=\"", w->out);
    put_bound(w, bound);
    fprintf(w->out, "\"} %llu", (unsigned long long)count);
    const struct metric_found_example *example =
        w->format == METRIC_OPENMETRICS ? find_example(entry, above, bound) : NULL;
    if (example) put_example(w, example);
    fputc('\n', w->out);
}

static void put_histogram(const struct writer *w, const struct metric_entry *entry) {
    const double *bounds = entry->kind == GR_TIMER ? seconds : any;
    size_t count = entry->kind == GR_TIMER ? SECONDS : ANY;
    uint64_t below[SECONDS > ANY ? SECONDS : ANY], all = metric_entry_count(entry);
    double above = -1;
    metric_entry_below(entry, bounds, count, below);
    for (size_t i = 0; i < count; above = bounds[i++])
        put_bucket(w, entry, above, bounds[i], below[i]);
    put_bucket(w, entry, above, INFINITY, all);
    put_line(w, entry, "_sum", entry->value);
    put_line(w, entry, "_count", (double)all);
}

static void put_series(const struct writer *w, const struct metric_entry *entry) {
    if (metric_is_histogram(entry))
        put_histogram(w, entry);
    else
        put_line(w, entry, entry->kind == GR_GAUGE ? "" : "_total", entry->value);
}

int metric_format_text(const struct metric_table *table, enum metric_format format, FILE *out) {
    struct writer w = {out, format};
    const struct metric_entry **all = metric_table_sorted(table), *last = NULL;
    if (!all) {
        errno = ENOMEM;
        return -1;
    }
    for (const struct metric_entry **at = all; *at; at++) {
        const struct metric_entry *family = metric_table_family(table, *at);
        if (!family || family->kind != (*at)->kind) continue;
        if (family != last) put_head(&w, last = family);
        put_series(&w, *at);
    }
    if (format == METRIC_OPENMETRICS) fputs("# EOF\n", out);
    free(all);
    return 0;
}
