/* For how long the requests of each endpoint have waited for each downstream: a counter for each
 * pair of them (server/endpoint_pairs.h). */
#ifndef SERVER_ENDPOINT_WAITS_H
#define SERVER_ENDPOINT_WAITS_H

#include "observe/tally.h"

/* Counts what a request to that endpoint has used, whose tally is closed. For the scheduler's
 * carrier, between sched_enter and sched_leave. Never parks. */
void endpoint_waits_count(const char *endpoint, const struct tally *tally);

#endif
