/* The requests that are being answered, the oldest first, and what is to be said of each. */
#ifndef SERVER_IN_FLIGHT_H
#define SERVER_IN_FLIGHT_H

#include "base/list.h"
#include "greenroom/request.h"
#include "server/request_id.h"

enum {
    IN_FLIGHT_ID = REQUEST_ID_TAKEN_MAX + 1,
    IN_FLIGHT_TARGET = 256,
    IN_FLIGHT_PEER = 48,
    IN_FLIGHT_WAIT = 160
};

/* In each request. */
struct in_flight_node {
    struct list place;
    int64_t since; /* ns of CLOCK_MONOTONIC, as exact as a pass of the loop is long */
};

/* Texts without control characters. */
struct in_flight {
    char id[IN_FLIGHT_ID];
    int64_t age;      /* ns */
    pthread_t thread; /* that answers it */
    char method[32], target[IN_FLIGHT_TARGET];
    char peer[IN_FLIGHT_PEER]; /* the client's address; "" for none */
    char most[IN_FLIGHT_WAIT]; /* what most of its time went on, and how much: "sleep 1.2 s" */
    char wait[IN_FLIGHT_WAIT]; /* "runs", "waits for 10.0.0.3:5432" */
};

/* Between sched_enter and sched_leave, as all of these. */
void in_flight_enter(gr_request *request);
void in_flight_leave(gr_request *request);

/* This process is the mule of that number, and its main thread runs function from now on: it is
 * noted as if it were a request, of the method "mule" and with the id "mule-0". */
void in_flight_set_mule(const char *function, int number);

/* Cancels them all: see gr_cancel. Calls done once there are none any more, if that is not now.
 * Returns how many there are. */
int in_flight_cancel(void (*done)(void));

/* Notes of the oldest, up to most of them; of the one with that id, if it is not NULL. malloc'ed,
 * NULL when there is no memory. *count is how many were noted, *all how many there are. */
struct in_flight *in_flight_note(const char *id, size_t most, size_t *count, size_t *all);

#endif
