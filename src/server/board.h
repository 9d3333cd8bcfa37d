/* What workers and master tell each other in shared memory: cache lines of its own for each slot.
 */
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

/* A worker writes to its own slot only, and reads the others'. The master writes pid, and clears
 * the whole slot once its worker is dead, so that nothing of it lingers. */
struct board_slot {
    _Alignas(64) atomic_int pid; /* 0: no worker */
    atomic_int connections;      /* open now */
    atomic_int in_flight;        /* requests being answered */
    atomic_int accepting;        /* not 0: takes its share of new connections */
    atomic_ulong requests;       /* answered since the worker started */
    atomic_ulong dropped_fields; /* of requests, see gr_request_field_dropped */
    atomic_ulong breaches[BREACH_COUNT];
};

enum { BOARD_SLOTS_MAX = 1024 };

/* Bytes of the shared mapping for that many slots. */
static inline size_t board_size(int slots) { return sizeof(struct board_slot) * (size_t)slots; }

#endif
