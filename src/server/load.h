/* How much this worker has to do, and how that compares to the others: the worker's side of the
 * board. Owned by the scheduler's carrier. */
#ifndef SERVER_LOAD_H
#define SERVER_LOAD_H

#include <stdbool.h>

#include "server/board.h"

/* Maps the board of fd, which it closes; -1 for a worker that is all alone. Returns 0, or -1 with
 * errno. */
int load_open(int fd, int place);

/* Does another worker serve in this one's stead already? */
bool load_replaced(void);

/* Changes what the others see of this worker. */
void load_add_connections(int change);
void load_add_in_flight(int change);
void load_add_request(void);
void load_set_accepting(bool accepting);

/* A request goes on that cannot be ended. */
void load_add_overdue(void);

/* This process runs. One thread may call it. */
void load_beat(void);

/* Requests being answered. Any thread may call it. */
int load_in_flight(void);

/* Counts a field that a host keeps from the application; returns how many there were, this one
 * included. Any thread may call it. */
unsigned long load_add_dropped_field(void);
unsigned long load_dropped_fields(void);

/* Counts a limit that was met; how often it was. Any thread may call them. */
void load_add_breach(enum breach breach);
unsigned long load_breaches(enum breach breach);

/* Has the server, of which this is a worker, been told to stop? Any thread may call it. */
bool load_server_draining(void);

/* Open connections of this worker; and of the least loaded other one that accepts, INT_MAX if there
 * is none. */
int load_connections(void);
int load_least_connections(void);

#endif
