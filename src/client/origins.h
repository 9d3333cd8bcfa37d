/* The connections of a client, open ones by origin. Those that wait for a place get it in the order
 * in which they came, unless their own origin is full. */
#ifndef CLIENT_ORIGINS_H
#define CLIENT_ORIGINS_H

#include <pthread.h>

#include "client/origin_table.h"
#include "client/wire.h"

struct origins {
    pthread_mutex_t lock; /* of all here but what is said below */
    struct origin_table table;
    struct list idle;    /* connections, the longest idle first */
    struct list waiting; /* origins for which somebody waits */
    size_t open, open_max, open_max_of_origin, idle_count;
    uint64_t tickets; /* given out so far */
    int64_t idle_timeout;
};

struct connection {
    struct list idle, idle_of_origin; /* nodes */
    struct origin *origin;
    struct wire *wire;
    gr_reader *reader;
    gr_writer *writer;
    int64_t idle_since;
    bool reused; /* it has answered a request before */
};

void origins_init(struct origins *all);

/* Nobody uses it any more. */
void origins_fini(struct origins *all);

/* The origin of a URL. Each is to be left. NULL with errno ENOMEM. */
struct origin *origins_find(struct origins *all, const struct http_url *url);
void origins_leave(struct origins *all, struct origin *origin);

/* Takes an idle connection that is good, or else (*found is NULL) a place for a new one. Returns 0,
 * or -1 with errno ETIMEDOUT, ECANCELED or of eventfd(2). Parks. */
int origins_take(struct origins *all, struct origin *origin, int64_t due,
                 struct connection **found);

/* A connection can be used again. Its origin may be gone afterwards, and it too. */
void origins_give_back(struct origins *all, struct connection *connection);

/* Closes a connection; or, if it is NULL, gives up a place. Others get it. */
void origins_drop(struct origins *all, struct origin *origin, struct connection *connection);

#endif
