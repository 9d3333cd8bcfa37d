/* One line per request, in the Common Log Format with the duration in microseconds and the id of
 * the request (gr_request_id) behind it:
 *
 *     127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a?b=1 HTTP/1.1" 200 1234 5678
 * 1ed5f2c0b7a40936-2a
 *
 * Lines go into a ring in memory that an OS thread writes out, so that a slow log never holds up a
 * request. What does not fit is dropped, and the number of dropped lines logged. */
#ifndef SERVER_ACCESS_LOG_H
#define SERVER_ACCESS_LOG_H

#include "greenroom/request.h"

/* path: a file to append to, "-" for stdout, "" for no log. Returns 0, or -1 with errno. */
int access_log_open(const char *path);

/* Waits until all lines are written, at most a second. Blocks. */
void access_log_close(void);

extern bool access_log_on;

/* The request has been answered. No-op when there is no log. For the scheduler's carrier, inside
 * sched_enter. Never parks. */
void access_log_write(const gr_request *request);

#endif
