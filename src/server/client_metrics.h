/* Which clients use which endpoint, in the metrics: told apart by a field of their requests that
 * --client-header names, such as X-Api-Version or User-Agent. There are up to KNOWN_NAMES_MAX, and
 * "(others)"; and so many pairs of a client and an endpoint as server/endpoint_pairs.h has. */
#ifndef SERVER_CLIENT_METRICS_H
#define SERVER_CLIENT_METRICS_H

#include "greenroom/request.h"

/* header is "" for none, and stays the caller's. */
void client_metrics_init(const char *header);

/* A request to that endpoint, which is terminated, has been answered. For the scheduler's carrier,
 * between sched_enter and sched_leave. Never parks. */
void client_metrics_count(const gr_request *request, const char *endpoint);

#endif
