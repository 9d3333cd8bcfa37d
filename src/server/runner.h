/* Runners: the green threads that answer requests.
 *
 * The loop only notes which connections have news. A runner takes them from that queue one after
 * the other and answers each on its own stack, so what is hot stays hot, and a batch of requests
 * that do not block costs one green thread and not one each. Before it goes into a handler with
 * others still queued, it starts a successor, which goes on with the queue if the handler parks and
 * finds it empty otherwise. Owned by the scheduler's carrier. */
#ifndef SERVER_RUNNER_H
#define SERVER_RUNNER_H

#include "server/connection.h"

/* Queues a connection that is not BUSY; one that is queued already is left there. Never parks. */
void runner_queue(struct connection *connection);

#endif
