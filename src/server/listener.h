/* The listening sockets: who of the workers accepts, and what happens when nobody can.
 *
 * The workers share the sockets. After each connection it takes, a worker compares itself on the
 * board; one that is clearly ahead of the least loaded looks away for about a millisecond, so that
 * the kernel wakes the others. It always takes at least one before it looks away again, so no
 * connection waits for a worker that hangs.
 *
 * Owned by the scheduler's carrier. */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include "runtime/watch.h"
#include "server/options.h"
#include "server/peer.h"

struct listener {
    struct fd_watch watch;
    union peer address; /* of the socket itself; family AF_UNIX for a unix socket */
    char text[108];     /* of address: numeric, or a path; terminated */
};

/* Starts to accept. Returns 0, or -1 with errno. */
int listeners_open(const struct server_options *options);

/* To be called when a connection has been closed: ends a pause whose reason may be gone. */
void listeners_connection_closed(void);

/* Stops accepting, after it has taken all that is queued in the kernel, and closes this worker's
 * descriptors of the sockets. */
void listeners_close(void);

#endif
