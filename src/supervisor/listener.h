/* A listening socket. The master opens it, the workers inherit it, and it lives as long as either:
 * what is queued on it survives the death of a worker. Blocks, may look up names. */
#ifndef SUPERVISOR_LISTENER_H
#define SUPERVISOR_LISTENER_H

#include <sys/stat.h>

#include "config/address.h"
#include "config/sentence.h"

struct listener {
    int fd;
    bool passed;            /* by a service manager, which keeps it: supervisor/passed.h */
    struct address address; /* as it was asked for */
    char name[320];         /* "http://127.0.0.1:8000" or "unix:/run/app.sock" */
    struct stat file;       /* of a unix socket: the file as we made it */
};

/* The descriptor is close-on-exec and does not block. Sockets accepted from it have TCP_NODELAY.
 * The backlog asked for is 4096; the kernel grants no more than net.core.somaxconn. A socket file
 * on which nobody answers is replaced. A socket that a service manager has opened there is used as
 * it is. Returns 0, or -1 with a sentence. */
int listener_open(struct listener *listener, const struct address *address,
                  char error[SENTENCE_SIZE]);

/* Only sees whether there is such an address, and leaves a socket that has none. Returns 0, or -1
 * with a sentence. */
int listener_try(struct listener *listener, const struct address *address,
                 char error[SENTENCE_SIZE]);

/* Is an open one what address asks for, so that listener_rename is all it needs? A unix socket has
 * to have its path still. */
bool listener_is_at(const struct listener *listener, const struct address *address);

/* It goes on at the same place, with TLS or without, and with the permissions that address asks
 * for. Returns 0, or -1 with a sentence. */
int listener_rename(struct listener *listener, const struct address *address,
                    char error[SENTENCE_SIZE]);

/* From now on nobody new gets in, while those who are queued can still be accepted: a unix socket
 * loses its path, if that is still ours; TCP no longer answers a SYN, so that a client tries again
 * a second later, and then finds the port closed, or a successor. A socket that was passed is left
 * as it is: who is queued there waits for the next server. */
void listener_quiesce(struct listener *listener);

/* Closes this process's descriptor. */
void listener_close(struct listener *listener);

#endif
