/* Requests that go on although --request-timeout has passed twice: nothing that they wait in could
 * be ended (a lock, C code, a computation), or they do not let themselves be ended. The log is told
 * where they are, and the master to replace the worker. */
#ifndef SERVER_OVERDUE_H
#define SERVER_OVERDUE_H

#include "server/exchange.h"

/* Once per process; 0: none are. */
void overdue_init(int64_t request_timeout);

/* From a request's beginning to its end. Inside sched_enter. */
void overdue_watch(struct gr_request *request);
void overdue_forget(struct gr_request *request);

#endif
