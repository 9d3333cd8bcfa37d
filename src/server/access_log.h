/* One record per request, once it has been answered: in the log as one of the logger "access", or
 * in a log of its own, as JSON or in the Common Log Format with the duration in microseconds and
 * the id of the request (gr_request_id) behind it:
 *
 *     127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a?b=1 HTTP/1.1" 200 1234 5678
 * 1ed5f2c0b7a40936-2a
 *
 * Where the time went (server/tally_line.h) stands in JSON, and behind a line where that is wanted.
 * It is put into a ring in memory (log/ring.h), so that a slow log never holds up a request. */
#ifndef SERVER_ACCESS_LOG_H
#define SERVER_ACCESS_LOG_H

#include "greenroom/request.h"
#include "server/options.h"

/* Once log_use has been called. Returns 0, or -1 with errno. */
int access_log_open(const struct server_options *options);

extern bool access_log_on;

/* The request has been answered, at that time. No-op when there is no log. For the scheduler's
 * carrier, inside sched_enter. Never parks. */
void access_log_write(const gr_request *request, int64_t now);

#endif
