/* The requests in flight, with the stacks that the interpreter of a host's language knows of them.
 */
#ifndef SERVER_STACKS_H
#define SERVER_STACKS_H

#include "server/in_flight.h"

struct stacks {
    const char *id; /* of the one request that is meant; NULL: all of them */
    size_t most;
    struct in_flight *notes; /* NULL: there was no memory */
    char **texts;            /* a line for each call; NULL for one that is unknown */
    size_t count, all;
};

/* Fills in what is below most. On a green thread. Parks, for as long as the interpreter's lock
 * takes to be had. */
void stacks_take(struct stacks *stacks);

void stacks_free(struct stacks *stacks);

#endif
