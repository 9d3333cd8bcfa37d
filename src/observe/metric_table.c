#include "observe/metric_table.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

enum { BUCKETS_MIN = 256 };

const int metric_rate_minutes[METRIC_RATES] = {1, 5, 15};

/* ---- finding ---- */

static struct metric_entry *find(const struct metric_table *table, bool family, gr_slice name,
                                 gr_slice labels, uint32_t hash) {
    if (!table->room) return NULL;
    for (struct metric_entry *e = table->buckets[hash % table->room]; e; e = e->next)
        if (e->hash == hash && e->family == family && gr_slice_equal(e->name, name) &&
            (family || gr_slice_equal(e->labels, labels)))
            return e;
    return NULL;
}

static uint32_t hash_of(bool family, gr_slice name, gr_slice labels) {
    uint64_t hash = hash_more(HASH_START + family, name.data, name.len);
    return hash_fold(family ? hash : hash_more(hash, labels.data, labels.len));
}

static bool grow(struct metric_table *table) {
    size_t room = table->room ? 2 * table->room : BUCKETS_MIN;
    struct metric_entry **buckets = calloc(room, sizeof *buckets);
    if (!buckets) return table->room > 0;
    for (size_t i = 0; i < table->room; i++) {
        for (struct metric_entry *e = table->buckets[i], *next; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash % room];
            buckets[e->hash % room] = e;
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->room = room;
    return true;
}

static struct metric_entry *make(struct metric_table *table, const struct metric_sample *sample,
                                 uint32_t hash) {
    if (table->count >= table->room && !grow(table)) return NULL;
    gr_slice name = sample->name, labels = sample->labels;
    struct metric_entry *e = malloc(sizeof *e + name.len + labels.len);
    if (!e) return NULL;
    char *text = (char *)(e + 1);
    memcpy(text, name.data, name.len);
    memcpy(text + name.len, labels.data, labels.len);
    *e = (struct metric_entry){
        .next = table->buckets[hash % table->room],
        .hash = hash,
        .family = sample->family,
        .kind = sample->kind,
        .name = {text, name.len},
        .labels = {text + name.len, labels.len},
        .min = INFINITY,
        .max = -INFINITY,
    };
    table->buckets[hash % table->room] = e;
    table->count++;
    return e;
}

static struct metric_entry *enter(struct metric_table *table, const struct metric_sample *sample) {
    uint32_t hash = hash_of(sample->family, sample->name, sample->labels);
    struct metric_entry *e = find(table, sample->family, sample->name, sample->labels, hash);
    if (!e && !(e = make(table, sample, hash))) {
        table->incomplete = true;
        return NULL;
    }
    if (!e->seen) e->kind = sample->kind;
    e->seen = true;
    return e;
}

/* ---- filling ---- */

static void forget_entry(struct metric_entry *e) {
    for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++) free(e->octaves[i]);
    free(e);
}

struct metric_entry *metric_table_next(const struct metric_table *table,
                                       const struct metric_entry *after) {
    if (after && after->next) return after->next;
    for (size_t i = after ? after->hash % table->room + 1 : 0; i < table->room; i++)
        if (table->buckets[i]) return table->buckets[i];
    return NULL;
}

static void clear(struct metric_counts *counts) {
    memset(counts->counts, 0, sizeof counts->counts);
    counts->example = (struct metric_found_example){0};
}

void metric_table_begin(struct metric_table *table) {
    if (!table->since) table->since = clock_now();
    table->dropped = 0;
    table->incomplete = false;
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));) {
        e->seen = false;
        e->value = 0;
        e->count = 0;
        e->min = INFINITY;
        e->max = -INFINITY;
        for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++)
            if (e->octaves[i]) clear(e->octaves[i]);
    }
}

static void add_octave(struct metric_table *table, struct metric_entry *e, unsigned octave,
                       const struct metric_counts *more) {
    if (!e->octaves[octave] && !(e->octaves[octave] = calloc(1, sizeof *more))) {
        table->incomplete = true;
        return;
    }
    struct metric_counts *sum = e->octaves[octave];
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++) sum->counts[i] += more->counts[i];
    if (!more->example.id.len || more->example.time < sum->example.time) return;
    sum->example = more->example;
    sum->example.id.data = sum->example.room;
}

static void add_one(void *data, struct metric_store *store, const struct metric_sample *sample) {
    struct metric_table *table = data;
    struct metric_counts counts;
    struct metric_entry *e = enter(table, sample);
    if (!e || e->kind != sample->kind || e->family) return;
    e->value += sample->value;
    e->count += sample->count;
    if (sample->min < e->min) e->min = sample->min;
    if (sample->max > e->max) e->max = sample->max;
    for (unsigned octave = 0; sample->octaves && octave < HISTOGRAM_OCTAVES; octave++)
        if (metric_read_octave(store, sample, octave, counts.counts, &counts.example))
            add_octave(table, e, octave, &counts);
}

void metric_table_add(struct metric_table *table, struct metric_store *store) {
    table->dropped += atomic_load_explicit(&store->dropped, memory_order_relaxed);
    metric_read(store, add_one, table);
}

void metric_table_put(struct metric_table *table, gr_metric_kind kind, gr_slice name, gr_slice help,
                      gr_slice labels, double value) {
    struct metric_sample family = {.kind = kind, .family = true, .name = name, .labels = help};
    struct metric_sample series = {.kind = kind, .name = name, .labels = labels};
    struct metric_entry *e = enter(table, &family) ? enter(table, &series) : NULL;
    if (e) e->value += value;
}

/* Whoever was told of a gauge has to be told that it is nothing any more. */
static bool lasts(const struct metric_entry *e) {
    return e->seen || (e->kind == GR_GAUGE && e->is_told && e->told != 0);
}

static void sweep(struct metric_table *table, bool all) {
    for (size_t i = 0; i < table->room; i++) {
        for (struct metric_entry **link = &table->buckets[i], *e; (e = *link);) {
            if (!all && lasts(e)) {
                link = &e->next;
                continue;
            }
            *link = e->next;
            table->ids_lost += e->id != 0;
            forget_entry(e);
            table->count--;
        }
    }
}

void metric_table_end(struct metric_table *table) { sweep(table, false); }

void metric_table_free(struct metric_table *table) {
    sweep(table, true);
    free(table->buckets);
    *table = (struct metric_table){0};
}

/* ---- rates ---- */

double metric_entry_times(const struct metric_entry *entry) {
    return entry->kind == GR_TIMER ? (double)entry->count : entry->value;
}

void metric_table_start(struct metric_table *table) {
    table->since = clock_now();
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));)
        e->rated = e->before = metric_entry_times(e);
}

/* Moving averages whose memory fades by a factor of e each so many minutes, as load averages do. */
void metric_table_tick(struct metric_table *table, double seconds) {
    double kept[METRIC_RATES];
    for (int i = 0; i < METRIC_RATES; i++) kept[i] = exp(-seconds / (60 * metric_rate_minutes[i]));
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));) {
        if (e->family || !metric_has_rates(e)) continue;
        double times = metric_entry_times(e), now = (times - e->rated) / seconds;
        for (int i = 0; i < METRIC_RATES; i++)
            e->rates[i] = e->has_rates ? now + kept[i] * (e->rates[i] - now) : now;
        e->rated = times;
        e->has_rates = true;
    }
}

/* ---- histograms ---- */

uint64_t metric_entry_count(const struct metric_entry *entry) {
    uint64_t count = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
        for (unsigned i = 0; entry->octaves[octave] && i < HISTOGRAM_STEPS; i++)
            count += entry->octaves[octave]->counts[i];
    return count;
}

/* A value has been counted a moment before its bounds are known, which a process may not live to.
 */
static double within(const struct metric_entry *entry, double value) {
    if (entry->min > entry->max) return value;
    return value < entry->min ? entry->min : value > entry->max ? entry->max : value;
}

void metric_entry_quantiles(const struct metric_entry *entry, const double *shares, size_t count,
                            double *values) {
    uint64_t all = metric_entry_count(entry), below = 0;
    size_t next = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned i = 0; entry->octaves[octave] && i < HISTOGRAM_STEPS; i++) {
            below += entry->octaves[octave]->counts[i];
            while (next < count && below && (double)below >= shares[next] * (double)all)
                values[next++] = within(entry, histogram_middle(octave, i));
        }
    }
    while (next < count) values[next++] = all ? entry->max : 0;
}

void metric_entry_below(const struct metric_entry *entry, const double *bounds, size_t count,
                        uint64_t *below) {
    uint64_t sum = 0;
    size_t next = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned i = 0; entry->octaves[octave] && i < HISTOGRAM_STEPS; i++) {
            while (next < count && histogram_middle(octave, i) > bounds[next]) below[next++] = sum;
            sum += entry->octaves[octave]->counts[i];
        }
    }
    while (next < count) below[next++] = sum;
}

void metric_entry_add(struct metric_entry *entry, const struct metric_entry *from) {
    entry->value += from->value;
    entry->count += from->count;
    if (from->min < entry->min) entry->min = from->min;
    if (from->max > entry->max) entry->max = from->max;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
        for (unsigned i = 0; from->octaves[octave] && i < HISTOGRAM_STEPS; i++)
            entry->octaves[octave]->counts[i] += from->octaves[octave]->counts[i];
}

double metric_entry_deviation(const struct metric_entry *entry) {
    uint64_t count = metric_entry_count(entry);
    double mean = count ? entry->value / (double)count : 0, squares = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned i = 0; entry->octaves[octave] && i < HISTOGRAM_STEPS; i++) {
            double off = within(entry, histogram_middle(octave, i)) - mean;
            squares += (double)entry->octaves[octave]->counts[i] * off * off;
        }
    }
    return count ? sqrt(squares / (double)count) : 0;
}

/* ---- order ---- */

static int compare(gr_slice a, gr_slice b) {
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b) {
    const struct metric_entry *x = *(struct metric_entry *const *)a,
                              *y = *(struct metric_entry *const *)b;
    int order = compare(x->name, y->name);
    return order ? order : compare(x->labels, y->labels);
}

const struct metric_entry **metric_table_sorted(const struct metric_table *table) {
    const struct metric_entry **all = calloc(table->count + 1, sizeof *all);
    size_t count = 0;
    if (!all) return NULL;
    for (struct metric_entry *e = NULL; (e = metric_table_next(table, e));)
        if (!e->family && e->seen) all[count++] = e;
    qsort(all, count, sizeof(struct metric_entry *), by_name);
    return all;
}

const struct metric_entry *metric_table_family(const struct metric_table *table,
                                               const struct metric_entry *series) {
    return find(table, true, series->name, (gr_slice){0},
                hash_of(true, series->name, (gr_slice){0}));
}
