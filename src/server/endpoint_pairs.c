#include "server/endpoint_pairs.h"

#include <string.h>

#include "base/hash.h"

enum { PLACES = sizeof((struct endpoint_pairs *)0)->at / sizeof(struct endpoint_pair) };

_Static_assert((int)ENDPOINT_PAIRS_MAX < (int)PLACES, "there is always a place that is free");

uint32_t endpoint_pairs_hash(const char *endpoint) {
    return hash_fold(hash_more(HASH_START, endpoint, strlen(endpoint)));
}

static gr_metric *make(struct endpoint_pairs *pairs, struct endpoint_pair *place,
                       const char *endpoint, uint32_t hash, unsigned number) {
    if (pairs->count == ENDPOINT_PAIRS_MAX) {
        if (!pairs->rest) pairs->rest = pairs->find("(others)", ENDPOINT_PAIR_REST);
        return pairs->rest;
    }
    pairs->count++;
    place->hash = hash;
    place->number = number;
    strncpy(place->endpoint, endpoint, sizeof place->endpoint - 1);
    return place->metric = pairs->find(place->endpoint, number);
}

gr_metric *endpoint_pairs_get(struct endpoint_pairs *pairs, const char *endpoint, uint32_t hash,
                              unsigned number) {
    hash += number * 0x9e3779b1u;
    struct endpoint_pair *place = &pairs->at[hash % PLACES];
    while (place->metric) {
        if (place->hash == hash && place->number == number &&
            strcmp(place->endpoint, endpoint) == 0)
            return place->metric;
        if (++place == pairs->at + PLACES) place = pairs->at;
    }
    return make(pairs, place, endpoint, hash, number);
}
