/* What this process talks to: a table of downstreams, found again by the descriptor.
 *
 * A downstream is known by its name and port, where a name was looked up, so that all addresses of
 * a name are one; else by its address and port, the path of its unix socket, or its kind ("pipe",
 * "pidfd"). There are up to DOWNSTREAMS_MAX for as long as the process lives; those beyond are one,
 * "others".
 *
 * Owned by the scheduler's carrier: all of these between sched_enter and sched_leave, and none
 * parks or allocates. */
#ifndef OBSERVE_DOWNSTREAM_H
#define OBSERVE_DOWNSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "observe/protocol.h"
#include "runtime/green.h"

enum { DOWNSTREAMS_MAX = 256, DOWNSTREAM_NAME = 96, DOWNSTREAM_OTHERS = 1 };

struct downstream {
    char name[DOWNSTREAM_NAME]; /* "db.example:5432": visible ASCII without quotes or backslashes */
    unsigned port;              /* 0: it has none */
    uint32_t hash;              /* of the name */
    uint8_t protocol;           /* enum protocol */
    bool seen;                  /* it is what was sent, and no guess */
};

/* From 1 on. */
typedef uint16_t downstream_id;

const struct downstream *downstream_get(downstream_id id);

/* "postgres"; "" for one that is not known. */
static inline const char *downstream_protocol(downstream_id id) {
    return protocol_names[downstream_get(id)->protocol];
}

/* One of that name and port is to come, and is to be known however many come before it. */
void downstream_expect(const char *name, unsigned port);

/* By what is remembered of fd, or by asking the kernel who is at its other end. */
downstream_id downstream_of(int fd);

/* fd is being connected to that address, which can be read. */
downstream_id downstream_connecting(int fd, const struct sockaddr *to, socklen_t len);

/* The first bytes are sent on fd since it was connected: tells the protocol, and may tell the name.
 * Returns the downstream, which may be another one than before. */
downstream_id downstream_greeted(int fd, const void *data, size_t len);

/* What is remembered of fd; 0 for nothing. Any caller. */
downstream_id downstream_known(int fd);

/* Has nothing been sent on fd since downstream_connecting? Any caller. */
bool downstream_is_new(int fd);

/* A look-up has found that address for a name. */
RT_SHARED void downstream_named(const struct sockaddr *address, const char *name);

#endif
