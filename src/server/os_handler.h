/* A handler that runs on an OS thread, with --concurrency threads:N. It cannot be interrupted, so
 * at the request's deadline the server answers in its place if it has not begun to: from then on
 * the thread's answer goes nowhere. Which of the two answers is settled by one atomic word. */
#ifndef SERVER_OS_HANDLER_H
#define SERVER_OS_HANDLER_H

#include "server/exchange.h"

/* Runs it for the calling green thread, whose deadline is the request's. Parks. */
void os_handler_run(struct gr_request *exchange, void (*handler)(struct gr_request *exchange));

/* For the OS thread: may it answer? Once it may, it always may. */
bool os_handler_may_answer(struct gr_request *exchange);

/* The request that the calling OS thread answers, NULL on others. */
struct gr_request *os_handler_request(void);

#endif
