/* The listening sockets: who of the workers accepts, and what happens when nobody can.
 *
 * The workers share the sockets. After each connection it takes, a worker compares itself on the
 * board; one that is clearly ahead of the least loaded looks away for about a millisecond, so that
 * the kernel wakes the others. Then it takes at least one, however far ahead it is, and twice as
 * many each time that the least loaded has not taken any: connections do not wait for a worker that
 * hangs.
 *
 * Owned by the scheduler's carrier. */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include "runtime/watch.h"
#include "server/options.h"
#include "server/peer.h"

struct listener {
    struct fd_watch watch;
    union peer address;       /* of the socket itself; family AF_UNIX for a unix socket */
    bool proxied;             /* its connections begin with the PROXY protocol: server/preface.h */
    struct tls_listener *tls; /* NULL when it does not speak TLS */
    char text[108];           /* of address: numeric, or a path; terminated */
};

/* Takes over the sockets of the settings, and keeps the application from closing them. Once the
 * runtime is on. Returns 0, or -1 with errno. */
int listeners_init(const struct server_options *options);

/* Starts to accept. The process ends, to be replaced, when a socket turns out to be lost all the
 * same. */
void listeners_start(void);

/* To be called when a connection has been closed: ends a pause whose reason may be gone. */
void listeners_connection_closed(void);

/* Stops accepting, after it has taken all that is queued in the kernel, and closes this worker's
 * descriptors of the sockets. */
void listeners_close(void);

/* In a child of fork: closes the sockets and touches nothing else. */
void listeners_forsake(void);

#endif
