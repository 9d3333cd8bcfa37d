/* Metrics by endpoint and by something else that has a number: found again by both, once they have
 * been made. There are up to ENDPOINT_PAIRS_MAX, so that they leave room for the server's others,
 * and one for the rest. All zero but for find is empty. For the scheduler's carrier. */
#ifndef SERVER_ENDPOINT_PAIRS_H
#define SERVER_ENDPOINT_PAIRS_H

#include "greenroom/metrics.h"
#include "server/known_names.h"

enum { ENDPOINT_PAIRS_MAX = 500 };

/* Of all that a table has no place for; the endpoint is then "(others)". */
enum { ENDPOINT_PAIR_REST = 0xffff };

struct endpoint_pairs {
    /* Makes the metric of a pair. */
    gr_metric *(*find)(const char *endpoint, unsigned number);
    gr_metric *rest;
    int count;
    /* A hash table that is never full, and from which nothing is removed. */
    struct endpoint_pair {
        gr_metric *metric; /* NULL: the place is free */
        uint32_t hash;
        unsigned number;
        char endpoint[KNOWN_NAME_SIZE];
    } at[1024];
};

/* The hash of an endpoint, for all its pairs. */
uint32_t endpoint_pairs_hash(const char *endpoint);

/* The metric of an endpoint with that hash, and of a number less than ENDPOINT_PAIR_REST. */
gr_metric *endpoint_pairs_get(struct endpoint_pairs *pairs, const char *endpoint, uint32_t hash,
                              unsigned number);

#endif
