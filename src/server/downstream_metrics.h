/* The downstreams of requests in the metrics: how long each request waited for each, by name and
 * protocol; round trips, connections, bytes. */
#ifndef SERVER_DOWNSTREAM_METRICS_H
#define SERVER_DOWNSTREAM_METRICS_H

#include "observe/tally.h"

/* Counts what a request has used, whose tally is closed. For the scheduler's carrier, between
 * sched_enter and sched_leave. Never parks. */
void downstream_metrics_count(const struct tally *tally);

#endif
