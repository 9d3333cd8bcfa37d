#include "observe/endpoint_numbers.h"

#include <math.h>

#include "observe/catalogue.h"
#include "observe/metric_name.h"

static const char family[] = "greenroom_request_seconds";

/* How its labels begin, as server/request_metrics.c has them: endpoint comes first. */
static size_t labels_of(gr_slice route, char out[METRIC_LABELS_MAX]) {
    char name[CATALOGUE_ENDPOINT_MAX + 1];
    size_t len = route.len < CATALOGUE_ENDPOINT_MAX ? route.len : CATALOGUE_ENDPOINT_MAX;
    memcpy(name, route.data, len);
    name[len] = '\0';
    size_t used = metric_labels_put(out, &(gr_label){"endpoint", name}, 1, NULL);
    out[used++] = ',';
    return used;
}

static int compare(const struct metric_entry *entry, gr_slice labels) {
    int order = memcmp(entry->name.data, family,
                       entry->name.len < sizeof family ? entry->name.len : sizeof family - 1);
    if (!order) order = (entry->name.len >= sizeof family) - (entry->name.len < sizeof family - 1);
    if (order) return order;
    order = memcmp(entry->labels.data, labels.data,
                   entry->labels.len < labels.len ? entry->labels.len : labels.len);
    return order ? order : -(entry->labels.len < labels.len);
}

/* The first whose labels begin so, or where it would be. */
static const struct metric_entry **find(const struct metric_entry **all, size_t count,
                                        gr_slice labels) {
    size_t from = 0, to = count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(all[middle], labels) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return all + from;
}

/* Gives sum the octaves that more has. */
static void make_room(struct metric_entry *sum, const struct metric_entry *more) {
    static struct metric_counts octaves[HISTOGRAM_OCTAVES];
    for (int i = 0; i < HISTOGRAM_OCTAVES; i++) {
        if (!more->octaves[i] || sum->octaves[i]) continue;
        octaves[i] = (struct metric_counts){0};
        sum->octaves[i] = &octaves[i];
    }
}

struct endpoint_numbers endpoint_numbers_find(const struct metric_entry **all, size_t count,
                                              gr_slice route) {
    struct metric_entry sum = {.min = INFINITY, .max = -INFINITY};
    const double shares[] = {0.5, 0.99};
    double values[2], rate = 0;
    char text[METRIC_LABELS_MAX];
    gr_slice labels = {text, labels_of(route, text)};
    const struct metric_entry **at = find(all, count, labels);
    for (; *at && compare(*at, labels) == 0; at++) {
        make_room(&sum, *at);
        metric_entry_add(&sum, *at);
        rate += (*at)->rates[0];
    }
    metric_entry_quantiles(&sum, shares, 2, values);
    return (struct endpoint_numbers){metric_entry_count(&sum), rate, values[0], values[1]};
}
