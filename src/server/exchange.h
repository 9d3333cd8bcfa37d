/* One request and its answer: struct gr_request, its memory, and its way from first byte to last.
 *
 * An exchange lives in one block that is taken when a connection has something to say:
 *
 *   ┌────────────┬─────────────────┬──────────────────────────┬──────────────────┐
 *   │ gr_request │ field table     │ read buffer              │ arena            │
 *   └────────────┴─────────────────┴──────────────────────────┴──────────────────┘
 *
 * 4 KiB; more only where the settings allow so many fields that their table does not fit. A head
 * that is larger than the read buffer moves to one on the heap. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "base/arena.h"
#include "base/list.h"
#include "greenroom/app.h"
#include "http/request_head.h"
#include "observe/tally.h"
#include "server/body.h"
#include "server/connection.h"
#include "server/in_flight.h"
#include "server/proxies.h"
#include "server/request_id.h"
#include "server/response.h"
#include "server/route.h"

enum exchange_answerer { ANSWERER_OPEN, ANSWERER_HANDLER, ANSWERER_SERVER };

struct gr_request {
    struct connection *connection;
    struct http_field *fields;
    char *inline_buffer; /* of the block */
    char *arena_memory;  /* of the block */
    char *buffer;        /* inline_buffer, or one on the heap */
    uint32_t room;       /* bytes of buffer */
    uint32_t filled;     /* bytes received into buffer while reading the head */
    uint32_t scanned;    /* for http_request_parse */
    int refusal;         /* status of exchange_refuse */
    const char *refusal_reason;

    /* From here on fresh for each request. */
    struct arena arena;
    struct http_request_head head;
    struct body body;
    struct response response;
    struct route_match match;
    gr_slice path;     /* decoded, beneath --mount */
    gr_slice endpoint; /* what it is counted as: see request_metrics.h; len 0: not known */
    const struct forwarding *forwarding; /* what a trusted proxy says; NULL for nothing */
    struct request_id id;
    int64_t started;     /* ns */
    struct tally *tally; /* of its time; on the stack of its green thread */
    struct green *green; /* that answers it; NULL before and after */
    pthread_t thread;    /* on which the handler runs */
    struct in_flight_node in_flight;
    int answerer; /* enum exchange_answerer, of server/os_handler.h. Atomic */
    struct expiry_node overdue;
    bool cancel_on_disconnect;
};

/* Who the request is from, as far as that is known. */
static inline const union peer *exchange_peer(const struct gr_request *exchange) {
    return exchange->forwarding ? &exchange->forwarding->peer : &exchange->connection->peer;
}

/* Once per process. Both stay the caller's. */
void exchanges_init(const struct server_options *options, const struct gr_app *app);

/* An empty one. NULL with errno ENOMEM. */
/* Answers 503, with Retry-After, a request that has waited too long for its turn. As
 * exchange_answer. */
enum exchange_step exchange_turn_away(struct gr_request *exchange);

/* Cancels all that are in flight: see gr_cancel. Calls done once there are none any more, if that
 * is not now. Returns how many there are; 0 where OS threads run the handlers, which cannot be
 * cancelled. Inside sched_enter. */
int exchanges_cancel(void (*done)(void));

/* The client has hung up. For the scheduler. */
void exchange_disconnected(struct gr_request *exchange);

/* Need a request that waits for its turn not be answered? Not when its client is gone, nor, where
 * requests are cancelled for that, when it has only ended its side. */
bool exchange_is_given_up(const struct connection *connection);

struct gr_request *exchange_take(struct connection *connection);
void exchange_give(struct gr_request *exchange);

/* What its connection is to do next. */
enum exchange_step {
    EXCHANGE_WAIT,      /* for more bytes */
    EXCHANGE_ANSWER,    /* a head is complete: exchange_answer */
    EXCHANGE_REFUSE,    /* it never will be: exchange_refuse */
    EXCHANGE_QUEUE,     /* it has, and is to wait for its turn */
    EXCHANGE_TURN_AWAY, /* it has waited for too long: exchange_turn_away */
    EXCHANGE_LINGER,    /* close, but the client may still be sending */
    EXCHANGE_CLOSE,
};

/* Receives and parses as much as there is. WAIT, ANSWER, REFUSE, or CLOSE (the peer has gone, or
 * there is no memory). Never parks. */
enum exchange_step exchange_receive(struct gr_request *exchange);

/* After an answer that left the connection open: makes ready for the next request, and looks for it
 * in what has been received already, and in the socket if there is news. As exchange_receive. */
enum exchange_step exchange_next(struct gr_request *exchange);

/* Has nothing been received? */
static inline bool exchange_is_empty(const struct gr_request *exchange) {
    return exchange->filled == 0;
}

/* The head took too long: REFUSE. */
enum exchange_step exchange_time_out(struct gr_request *exchange);

/* Runs the handler and completes what it left undone. WAIT, LINGER or CLOSE. Parks. */
enum exchange_step exchange_answer(struct gr_request *exchange);

/* Says why there will be no other answer. LINGER. Parks. */
enum exchange_step exchange_refuse(struct gr_request *exchange);

#endif
