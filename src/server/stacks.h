/* The stacks of requests in flight, as the language tells them: see greenroom/worker.h. */
#ifndef SERVER_STACKS_H
#define SERVER_STACKS_H

#include "greenroom/worker.h"
#include "server/in_flight.h"

struct gr_stacks {
    const char *id; /* of the one request that is meant; NULL: all of them */
    size_t most;
    struct in_flight *notes; /* NULL: there was no memory */
    char **texts;            /* NULL for one that is unknown */
    size_t count, all;
};

/* Has the host describe them; without one, no text is known. On a green thread. Parks. */
void stacks_describe(struct gr_stacks *stacks);

void stacks_free(struct gr_stacks *stacks);

#endif
