/* How long to wait before a worker that died is started again: not at all the first time, then
 * 0.1 s, doubled with each further death up to 30 s. One that has served for 10 s starts afresh. */
#ifndef SUPERVISOR_BACKOFF_H
#define SUPERVISOR_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t next; /* ns: the wait after the next early death; all zero to begin with */
};

/* A worker has died after serving for that many ns (0: it never came to serve). Returns the ns to
 * wait. */
int64_t backoff_wait(struct backoff *backoff, int64_t served);

#endif
