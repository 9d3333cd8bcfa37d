/* For how long the requests of each endpoint have waited for each downstream: a counter for each
 * pair of them, and, beyond so many, one for the rest. */
#ifndef SERVER_ENDPOINT_WAITS_H
#define SERVER_ENDPOINT_WAITS_H

#include "observe/tally.h"

enum { ENDPOINT_WAITS_MAX = 500 };

/* Counts what a request to that endpoint has used, whose tally is closed. For the scheduler's
 * carrier, between sched_enter and sched_leave. Never parks. */
void endpoint_waits_count(const char *endpoint, const struct tally *tally);

#endif
