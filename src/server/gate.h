/* How many requests may be in flight in this worker, and who waits for that: complete heads, in
 * order of arrival, each holding its exchange and nothing else. Owned by the scheduler's carrier.
 */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H

#include "server/connection.h"

/* most: 0 for any number. */
void gate_init(uint32_t most, int64_t queue_timeout);

/* May a request start? Then it counts until gate_leave. Not before those that wait. */
bool gate_enter(void);

/* A request has ended: whoever has waited longest is admitted in its place, and queued for a
 * runner. */
void gate_leave(void);

/* Joins those who wait. At the queue timeout the connection is marked expired and queued for a
 * runner; expiry_leave(&connection->expiry) ends the wait otherwise. */
void gate_wait(struct connection *connection);

#endif
