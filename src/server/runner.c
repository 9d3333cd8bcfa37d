#include "server/runner.h"

#include "server/exchange.h"
#include "server/gate.h"
#include "server/preface.h"
#include "server/readiness.h"
#include "server/tls_handshake.h"

enum {
    PIPELINED_MAX = 16,           /* requests of one connection in a row before others get a turn */
    RETRY_AFTER = 10 * NS_PER_MS, /* when there was no memory for a green thread or an exchange */
};

static struct connection *first, *last; /* linked by next_ready */
static bool successor; /* a runner has been started and has not looked at the queue yet */

static void start_successor(void);

static void start_again(struct timer *timer) {
    if (first) start_successor();
}

static struct timer retry = {.fire = start_again};

static void start_later(void) { timer_start(&retry, loop_now() + RETRY_AFTER); }

static struct connection *next_connection(void) {
    struct connection *connection = first;
    first = connection->next_ready;
    connection->queued = false;
    return connection;
}

/* Leaves the scheduler's data for code that may park, with the rest of the queue handed over. */
static void step_out(struct green *self) {
    if (first) start_successor();
    sched_leave(self);
    green_may_park();
}

/* A connection has been silent for too long: an idle one has nothing coming to it, one that stopped
 * within a head is told. Unless its first bytes have come in this moment. */
static enum exchange_step give_up(struct gr_request *exchange) {
    if (exchange->connection->preface) return EXCHANGE_CLOSE;
    if (exchange->connection->state == CONNECTION_HEAD) return exchange_time_out(exchange);
    return exchange_is_empty(exchange) ? EXCHANGE_CLOSE : EXCHANGE_WAIT;
}

/* One that waits for its turn has it, has waited too long, or is gone; else it only sent more, or
 * will send no more. */
static enum exchange_step look_at_queued(const struct connection *connection) {
    if (connection->admitted) return EXCHANGE_ANSWER;
    if (connection->expired) return EXCHANGE_TURN_AWAY;
    return exchange_is_given_up(connection) ? EXCHANGE_CLOSE : EXCHANGE_QUEUE;
}

static enum exchange_step look(struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    if (connection->state == CONNECTION_QUEUED) return look_at_queued(connection);
    bool whole = !connection->preface;
    enum exchange_step step = whole ? EXCHANGE_WAIT : preface_receive(exchange, &whole);
    if (whole && tls_handshake_is_due(connection)) {
        connection->news = true;
        runner_queue(connection);
        return EXCHANGE_WAIT;
    }
    if (whole) step = exchange_receive(exchange);
    return step == EXCHANGE_WAIT && connection->expired ? give_up(exchange) : step;
}

static enum exchange_step act(struct gr_request *exchange, enum exchange_step step) {
    if (step == EXCHANGE_REFUSE) return exchange_refuse(exchange);
    if (step == EXCHANGE_TURN_AWAY) return exchange_turn_away(exchange);
    return exchange_answer(exchange);
}

static bool is_to_be_answered(enum exchange_step step) {
    return step == EXCHANGE_ANSWER || step == EXCHANGE_REFUSE || step == EXCHANGE_TURN_AWAY;
}

/* Answers whatever requests have come, until there is none. */
static enum exchange_step converse(struct green *self, struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    enum exchange_step step = look(exchange);
    for (unsigned count = 1; is_to_be_answered(step); count++) {
        bool counts = step == EXCHANGE_ANSWER && !readiness_is_asked(exchange);
        if (counts && !connection->admitted && !gate_enter()) return look_at_queued(connection);
        connection->admitted = false;
        connection_become(connection, CONNECTION_BUSY);
        step_out(self);
        if (count % PIPELINED_MAX == 0) green_yield_now();
        step = act(exchange, step);
        sched_enter(self);
        if (counts) gate_leave();
        if (step == EXCHANGE_WAIT) step = exchange_next(exchange);
    }
    return step;
}

static enum connection_state state_after(enum exchange_step step, struct gr_request *exchange) {
    if (step == EXCHANGE_CLOSE) return CONNECTION_CLOSED;
    if (step == EXCHANGE_LINGER) return CONNECTION_LINGER;
    if (step == EXCHANGE_QUEUE) return CONNECTION_QUEUED;
    return exchange_is_empty(exchange) ? CONNECTION_IDLE : CONNECTION_HEAD;
}

/* What has come is to be the beginning of a handshake. What may have come behind it is for the next
 * in the queue to see. */
static enum connection_state secure(struct green *self, struct connection *connection) {
    if (!connection->news) return CONNECTION_CLOSED;
    connection_become(connection, CONNECTION_HANDSHAKE);
    step_out(self);
    enum connection_state state = tls_handshake(connection);
    sched_enter(self);
    if (state == CONNECTION_IDLE) runner_queue(connection);
    return state;
}

static enum connection_state advance(struct green *self, struct connection *connection) {
    if (connection->state == CONNECTION_LINGER) return CONNECTION_LINGER;
    if (tls_handshake_is_due(connection)) return secure(self, connection);
    struct gr_request *exchange = connection->exchange;
    return state_after(exchange ? converse(self, exchange) : EXCHANGE_CLOSE, exchange);
}

static void attend(struct green *self, struct connection *connection) {
    enum connection_state state = advance(self, connection);
    connection_become(connection, state);
    if (state == CONNECTION_CLOSED) return;
    if (state == CONNECTION_LINGER && !connection_linger(connection)) return;
    bool is_known = state == CONNECTION_QUEUED && connection->ending; /* and would be told again */
    if (!is_known) fd_watch_rearm(&connection->watch);
}

/* Is there memory to read into? One that has waited for too long for anything is closed without. */
static bool can_attend(struct connection *connection) {
    if (connection->exchange || connection->state == CONNECTION_LINGER) return true;
    if (tls_handshake_is_due(connection)) return true;
    connection->exchange = exchange_take(connection);
    return connection->exchange || connection->expired;
}

static void *run(void *unused) {
    struct green *self = green_self();
    sched_enter(self);
    successor = false;
    while (first && can_attend(first)) attend(self, next_connection());
    if (first) start_later();
    sched_leave(self);
    return NULL;
}

static void start_successor(void) {
    if (successor) return;
    successor = green_start(&green_request_pool, run, NULL, false) != NULL;
    if (!successor) start_later();
}

void runner_queue(struct connection *connection) {
    if (connection->queued) return;
    connection->queued = true;
    connection->next_ready = NULL;
    if (first)
        last->next_ready = connection;
    else
        first = connection;
    last = connection;
    start_successor();
}
