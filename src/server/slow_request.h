/* Notes a request among the slowest of this process: observe/slow_requests.h. */
#ifndef SERVER_SLOW_REQUEST_H
#define SERVER_SLOW_REQUEST_H

#include "greenroom/request.h"
#include "observe/slow_requests.h"

/* A request is over that slow_requests_want wants: notes it if it is among them, and finds the
 * threshold of its endpoint anew. now is of base/clock.h. For the scheduler's carrier, between
 * sched_enter and sched_leave. Never parks. */
void slow_request_note(gr_request *request, const char *endpoint, struct slow_threshold *threshold,
                       int64_t now);

/* The process begins to serve, in that slot. */
void slow_request_start(int slot);

#endif
