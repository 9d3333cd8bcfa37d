/* A listening socket. The master opens it, the workers inherit it, and it lives as long as either:
 * what is queued on it survives the death of a worker. Blocks, may look up names. */
#ifndef SUPERVISOR_LISTENER_H
#define SUPERVISOR_LISTENER_H

#include <sys/stat.h>

#include "config/address.h"
#include "config/sentence.h"

struct listener {
    int fd;
    char name[320];   /* "http://127.0.0.1:8000" or "unix:/run/app.sock" */
    const char *path; /* of a unix socket; NULL for TCP. Points into the address */
    struct stat file; /* the socket file as we made it */
};

/* The descriptor is close-on-exec and does not block. Sockets accepted from it have TCP_NODELAY.
 * The backlog asked for is 4096; the kernel grants no more than net.core.somaxconn. A socket file
 * on which nobody answers is replaced. address must outlive the listener. Returns 0, or -1 with a
 * sentence. */
int listener_open(struct listener *listener, const struct address *address,
                  char error[SENTENCE_SIZE]);

/* Only sees whether there is such an address, and leaves a socket that has none. Returns 0, or -1
 * with a sentence. */
int listener_try(struct listener *listener, const struct address *address,
                 char error[SENTENCE_SIZE]);

/* From now on nobody new gets in, while those who are queued can still be accepted: a unix socket
 * loses its path, if that is still ours; TCP no longer answers a SYN, so that a client tries again
 * a second later, and then finds the port closed, or a successor. */
void listener_quiesce(struct listener *listener);

/* Closes this process's descriptor. */
void listener_close(struct listener *listener);

#endif
