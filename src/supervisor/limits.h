/* When the worker of a slot is replaced although it serves: it has answered enough requests, has
 * served for long enough, has grown too large, or holds a request that cannot be ended. Which is
 * looked at four times a second. One that shows no sign of life is killed. */
#ifndef SUPERVISOR_LIMITS_H
#define SUPERVISOR_LIMITS_H

#include <stdint.h>

struct master;

/* To be called whenever something has happened: looks, if it is time for that. */
void limits_look(struct master *m);

/* When it will be. */
int64_t limits_due(const struct master *m);

#endif
