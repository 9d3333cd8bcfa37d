/* Addresses of names, looked up once and believed for a while. A name is looked up on a thread of
 * its own, once for all who ask at a time, so that who waits for it can still give up. */
#ifndef CLIENT_NAMES_H
#define CLIENT_NAMES_H

#include <stddef.h>

#include "client/dial.h"

struct names;

/* lifetime: for how long an answer is believed, in nanoseconds. NULL with errno ENOMEM. */
struct names *names_open(int64_t lifetime);

/* Look-ups that are under way end on their own. */
void names_close(struct names *names);

enum { NAMES_WHY_SIZE = 128 };

/* The addresses of a host: a name, or a numeric address, which nobody is asked about. Returns 0,
 * or -1 with errno: ETIMEDOUT (due), ECANCELED; ENOENT with a reason in why (there are none);
 * ENOMEM and others. Failures are not remembered. Parks. */
int names_find(struct names *names, const char *host, int64_t due, struct addresses *found,
               char why[NAMES_WHY_SIZE]);

#endif
