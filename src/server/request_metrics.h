/* Each request in the metrics: how long it took, by endpoint, method and class of status; what its
 * time went on, and on which downstreams.
 *
 * An endpoint is the pattern of a route, as the application's framework or ours has it. Where none
 * is known it is the path, with what looks like the name of a thing replaced by {id}, of an
 * answer that is no 4xx: a client can ask for what it likes and makes no series of it. There are up
 * to KNOWN_NAMES_MAX of those, half of them by answers of 2xx alone, and "(others)". */
#ifndef SERVER_REQUEST_METRICS_H
#define SERVER_REQUEST_METRICS_H

#include "greenroom/request.h"

#define ENDPOINT_STATIC "(static)"
#define ENDPOINT_UNMATCHED "(unmatched)"
#define ENDPOINT_REFUSED "(refused)"
#define ENDPOINT_OTHERS "(others)"

/* release is the label of all from now on, "" for none; it stays the caller's. */
void request_metrics_init(const char *release);

/* It has been answered, now; its tally is closed. For the scheduler's carrier, between sched_enter
 * and sched_leave. Never parks. */
void request_metrics_count(gr_request *request, int64_t now);

#endif
