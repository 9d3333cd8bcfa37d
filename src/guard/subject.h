/* Whom a policy is about: downstreams of a name, or in a network. */
#ifndef GUARD_SUBJECT_H
#define GUARD_SUBJECT_H

#include <sys/socket.h>

#include "base/network.h"
#include "guard/policy.h"

struct subject {
    char host[POLICY_SUBJECT]; /* "db.example", "unix:/run/db.sock"; "": those in the network */
    unsigned port;             /* 0: any */
    struct network network;
};

/* Reads "db.example:5432", "db.example", "10.0.0.0/8:5432", "[2001:db8::1]:443", "2001:db8::/32",
 * "unix:/run/db.sock". Returns NULL, or what is wrong: the end of a sentence that begins with the
 * text. */
const char *subject_parse(const char *text, struct subject *subject);

/* How well it fits a downstream of that name ("db.example:5432") and port that is connected to at
 * an address: 0 for not at all. A name fits better than a network, a longer prefix better than a
 * shorter one, and with a port better than without. */
unsigned subject_fits(const struct subject *subject, const char *name, unsigned port,
                      const struct sockaddr *address);

#endif
