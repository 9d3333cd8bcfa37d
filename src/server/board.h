/* What workers and master tell each other in shared memory. */
#ifndef SERVER_BOARD_H
#define SERVER_BOARD_H

#include <stdatomic.h>
#include <stddef.h>

/* The limits that are set for clients, and that count how often they were met. */
enum breach {
    BREACH_REQUEST_LINE,
    BREACH_HEAD_SIZE, /* or the number of fields */
    BREACH_HEAD_TIME,
    BREACH_BODY_SIZE,
    BREACH_BODY_TIME, /* or the rate */
    BREACH_WRITE_TIME,
    BREACH_REQUEST_TIME,
    BREACH_QUEUE_TIME,
    BREACH_CONNECTIONS,
    BREACH_CONNECTIONS_PER_ADDRESS,
    BREACH_COUNT,
};

/* Of one process, from its start to its death, whichever slot it serves, or has served: cache lines
 * of its own. A worker writes to its own place only, and reads the others'. The master writes pid
 * and replaced, and clears the whole place once its worker has been reaped, so that nothing of it
 * lingers. */
struct board_place {
    _Alignas(64) atomic_int pid; /* 0: nobody's */
    atomic_int replaced;         /* not 0: another has its slot; see worker_leave */
    atomic_int connections;      /* open now */
    atomic_int in_flight;        /* requests being answered */
    atomic_int accepting;  /* not 0: takes its share of new connections, or may take some yet */
    atomic_int overdue;    /* requests that cannot be ended: see server/overdue.h */
    atomic_uint beat;      /* counts, while it serves: see server/watchdog.h */
    atomic_ulong requests; /* answered since the worker started */
    atomic_ulong dropped_fields; /* of requests, see gr_request_field_dropped */
    atomic_ulong breaches[BREACH_COUNT];
};

enum {
    BOARD_SLOTS_MAX = 1024,                /* workers that serve at a time */
    BOARD_PLACES_MAX = 4 * BOARD_SLOTS_MAX /* beside each one that starts and two that leave */
};

/* Pages that nobody has written to take no memory. */
struct board {
    _Alignas(64) atomic_int count; /* places from this one on are nobody's */
    atomic_int draining;           /* not 0: the server has been told to stop */
    struct board_place places[BOARD_PLACES_MAX];
};

#endif
