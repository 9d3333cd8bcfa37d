/* The origins that a client knows, by scheme, host and port. */
#ifndef CLIENT_ORIGIN_TABLE_H
#define CLIENT_ORIGIN_TABLE_H

#include <stdint.h>

#include "base/list.h"
#include "http/absolute_url.h"

/* Where connections lead. */
struct origin {
    struct list waiting; /* of origins.waiting, while there are waiters */
    struct list waiters; /* in order */
    struct list idle;    /* connections, the longest idle first */
    size_t open;         /* connections, and places of those to come */
    size_t users;        /* calls */
    struct origin *next; /* in its chain of the table */
    uint32_t hash;       /* this and what follows does not change, and needs no lock */
    bool tls;
    uint16_t port;
    char *host; /* without brackets, in lower case */
    char *name; /* "host:port", for people and for Host */
};

/* All zero is empty. Chains grow no longer than one in the mean. */
struct origin_table {
    struct origin **chains;
    size_t chain_count; /* a power of two */
    size_t count;
};

/* There are no origins any more. */
void origin_table_fini(struct origin_table *table);

/* The one of a URL, which is made if it is not there. NULL with errno ENOMEM. */
struct origin *origin_table_find(struct origin_table *table, const struct http_url *url);

/* Frees it. */
void origin_table_remove(struct origin_table *table, struct origin *origin);

#endif
