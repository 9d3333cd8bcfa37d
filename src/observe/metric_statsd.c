#include "observe/metric_statsd.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "observe/metric_name.h"

struct pusher {
    void (*send)(void *data, const char *text, size_t len);
    void *data;
    size_t len;
    char text[METRIC_DATAGRAM_MAX];
    char name[METRIC_NAME_MAX + 1], tags[METRIC_LABELS_MAX + 4]; /* of the series at hand */
};

static void flush(struct pusher *p) {
    if (p->len) p->send(p->data, p->text, p->len);
    p->len = 0;
}

/* name:value|type|@rate|#tags */
static void put(struct pusher *p, double value, const char *type, uint64_t times) {
    char line[METRIC_NAME_MAX + METRIC_LABELS_MAX + 96], rate[32] = "";
    if (times > 1) snprintf(rate, sizeof rate, "|@%.12g", 1 / (double)times);
    int len = snprintf(line, sizeof line, "%s:%.12g|%s%s%s\n", p->name, value, type, rate, p->tags);
    if (len < 0 || (size_t)len > sizeof p->text) return;
    if (p->len + (size_t)len > sizeof p->text) flush(p);
    memcpy(p->text + p->len, line, (size_t)len);
    p->len += (size_t)len;
}

/* What ends a tag cannot be in one. */
static size_t put_tag(char *out, gr_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        out[i] = c;
        if (c == ',' || c == '|' || c == '#' || c == '\\') out[i] = '_';
    }
    return text.len;
}

/* A unit in the name would be wrong. */
static gr_slice without_unit(gr_slice name) {
    static const char unit[] = "_seconds";
    size_t len = sizeof unit - 1;
    bool has_unit = name.len > len && memcmp(name.data + name.len - len, unit, len) == 0;
    return has_unit ? (gr_slice){name.data, name.len - len} : name;
}

static void name_series(struct pusher *p, const struct metric_entry *entry) {
    gr_slice called = entry->kind == GR_TIMER ? without_unit(entry->name) : entry->name;
    gr_slice labels = entry->labels, name, value;
    size_t len = 0;
    snprintf(p->name, sizeof p->name, "%.*s", (int)called.len, called.data);
    while (metric_labels_next(&labels, &name, &value)) {
        memcpy(p->tags + len, len ? "," : "|#", len ? 1 : 2);
        len += len ? 1 : 2;
        len += put_tag(p->tags + len, name);
        p->tags[len++] = ':';
        len += put_tag(p->tags + len, value);
    }
    p->tags[len] = '\0';
}

/* A gauge with a sign is a change to statsd. */
static void push_gauge(struct pusher *p, double value) {
    if (value < 0) put(p, 0, "g", 1);
    put(p, value, "g", 1);
}

/* Timers are milliseconds there. */
static void push_buckets(struct pusher *p, struct metric_entry *entry, unsigned octave) {
    bool timer = entry->kind == GR_TIMER;
    struct metric_counts *counts = entry->octaves[octave];
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++) {
        uint64_t now = counts->counts[i], before = counts->told[i];
        counts->told[i] = now;
        if (now > before && p->send)
            put(p, histogram_middle(octave, i) * (timer ? 1000 : 1), timer ? "ms" : "h",
                now - before);
    }
}

static void push_entry(struct pusher *p, struct metric_entry *entry) {
    double grown = entry->value - entry->told;
    if (p->send) name_series(p, entry);
    if (metric_is_histogram(entry)) {
        for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
            if (entry->octaves[octave]) push_buckets(p, entry, octave);
        return;
    }
    entry->told = entry->value;
    if (!p->send || !isfinite(entry->value)) return;
    if (entry->kind == GR_GAUGE)
        push_gauge(p, entry->value);
    else if (grown > 0)
        put(p, grown, "c", 1);
}

void metric_statsd_push(struct metric_table *table,
                        void (*send)(void *data, const char *text, size_t len), void *data) {
    struct pusher p = {.send = send, .data = data};
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));)
        if (!e->family) push_entry(&p, e);
    if (send) flush(&p);
}
