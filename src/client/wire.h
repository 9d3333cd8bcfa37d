/* A connected socket as a reader and a writer that wait no longer than they are told. What else
 * there is to gr_socket: they never block in a call of recv(2) or send(2), so that it is the same
 * on OS threads. */
#ifndef CLIENT_WIRE_H
#define CLIENT_WIRE_H

#include "stream/stream.h"

struct wire {
    gr_reader reader;
    gr_writer writer;
    int fd;      /* in non-blocking mode */
    int users;   /* of the two, those that are still open. For one thread at a time */
    int64_t due; /* when a read or a write that waits fails with ETIMEDOUT; NEVER for none */
};

/* Over fd, which is closed when both are, and at once if there is no memory: NULL. */
struct wire *wire_open(int fd);

/* Waits until there is something to be received. Returns 0, or -1 with errno. Parks. */
int wire_wait(const struct wire *wire);

#endif
