#include "server/endpoint_waits.h"

#include <string.h>

#include "base/hash.h"
#include "observe/metric.h"
#include "server/known_names.h"

/* A hash table that is never full, and from which nothing is removed. */
enum { PLACES = 1024 };

_Static_assert((int)ENDPOINT_WAITS_MAX < (int)PLACES, "there is always a place that is free");

static struct pair {
    gr_metric *seconds; /* NULL: the place is free */
    uint32_t hash;
    downstream_id downstream;
    char endpoint[KNOWN_NAME_SIZE];
} pairs[PLACES];

static int pair_count;
static gr_metric *rest;

static gr_metric *find_metric(const char *endpoint, const char *downstream) {
    const gr_label labels[] = {{"downstream", downstream}, {"endpoint", endpoint}};
    return metric_of_server(GR_COUNTER, "greenroom_endpoint_downstream_seconds",
                            "Time that requests to an endpoint waited for a downstream", labels,
                            sizeof labels / sizeof *labels);
}

static gr_metric *make(struct pair *place, const char *endpoint, downstream_id id, uint32_t hash) {
    if (pair_count == ENDPOINT_WAITS_MAX) {
        if (!rest) rest = find_metric("(others)", "(others)");
        return rest;
    }
    pair_count++;
    place->hash = hash;
    place->downstream = id;
    strncpy(place->endpoint, endpoint, sizeof place->endpoint - 1);
    return place->seconds = find_metric(place->endpoint, downstream_get(id)->name);
}

/* hash is that of the endpoint. */
static gr_metric *seconds_of(const char *endpoint, downstream_id id, uint32_t hash) {
    hash += id * 0x9e3779b1u;
    struct pair *place = &pairs[hash % PLACES];
    while (place->seconds) {
        if (place->hash == hash && place->downstream == id &&
            strcmp(place->endpoint, endpoint) == 0)
            return place->seconds;
        if (++place == pairs + PLACES) place = pairs;
    }
    return make(place, endpoint, id, hash);
}

static void count(const char *endpoint, const struct tally_use *use, uint32_t hash) {
    if (use->waited > 0)
        gr_metric_add(seconds_of(endpoint, use->downstream, hash), (double)use->waited / NS_PER_S);
}

void endpoint_waits_count(const char *endpoint, const struct tally *tally) {
    if (!tally->use_count) return;
    uint32_t hash = hash_fold(hash_more(HASH_START, endpoint, strlen(endpoint)));
    for (unsigned i = 0; i < tally->use_count; i++) count(endpoint, &tally->uses[i], hash);
    count(endpoint, &tally->others, hash);
}
