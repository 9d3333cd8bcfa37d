#include "server/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/sys.h"
#include "greenroom/green.h"
#include "greenroom/log.h"
#include "http/url.h"
#include "observe/metric.h"
#include "runtime/green.h"
#include "server/access_log.h"
#include "server/breach.h"
#include "server/load.h"
#include "server/mount.h"
#include "server/os_handler.h"
#include "server/overdue.h"
#include "server/pool.h"
#include "server/readiness.h"
#include "server/request_metrics.h"
#include "server/static.h"

enum {
    PAGE = 4096,
    ARENA_ROOM = 768,
    BUFFER_ROOM_MIN = 1024,
    TRIM_PERIOD = 500 * NS_PER_MS,
    TRIM_KEEP = 64,   /* idle blocks that are not worth giving back */
    TRIM_COUNT = 512, /* at a time: about 0.2 ms */
};

static const struct server_options *options;
static const struct gr_app *app;
static struct pool blocks;

/* ---- memory ---- */

static void trim_blocks(struct timer *timer);
static struct timer trim = {.fire = trim_blocks};

static void trim_later(void) {
    if (pool_warm(&blocks) > TRIM_KEEP && !trim.node.place)
        timer_start(&trim, loop_now() + TRIM_PERIOD);
}

static void trim_blocks(struct timer *timer) {
    pool_trim(&blocks, TRIM_KEEP, TRIM_COUNT);
    trim_later();
}

static size_t align(size_t size, size_t to) { return (size + to - 1) / to * to; }

static size_t table_size(void) {
    return align(options->limits.fields * sizeof(struct http_field), 16);
}

void exchanges_init(const struct server_options *server_options, const struct gr_app *application) {
    options = server_options;
    app = application;
    size_t head = align(sizeof(struct gr_request), 16);
    pool_init(&blocks, align(head + table_size() + BUFFER_ROOM_MIN + ARENA_ROOM, PAGE));
}

static uint32_t inline_room(const struct gr_request *exchange) {
    return (uint32_t)(exchange->arena_memory - exchange->inline_buffer);
}

struct gr_request *exchange_take(struct connection *connection) {
    struct gr_request *exchange = pool_take(&blocks);
    if (!exchange) return NULL;
    char *block = (char *)exchange;
    exchange->connection = connection;
    exchange->fields = (struct http_field *)(block + align(sizeof *exchange, 16));
    exchange->inline_buffer = (char *)exchange->fields + table_size();
    exchange->arena_memory = block + blocks.size - ARENA_ROOM;
    exchange->buffer = exchange->inline_buffer;
    exchange->room = inline_room(exchange);
    exchange->filled = exchange->scanned = 0;
    return exchange;
}

void exchange_give(struct gr_request *exchange) {
    if (exchange->buffer != exchange->inline_buffer) free(exchange->buffer);
    pool_give(&blocks, exchange);
    trim_later();
}

/* Twice the room; up to a little more than the largest head, since the parser has to see that it
 * is too large. */
static int grow(struct gr_request *exchange) {
    bool is_inline = exchange->buffer == exchange->inline_buffer;
    uint32_t room = exchange->room * 2;
    if (room > options->limits.head + BUFFER_ROOM_MIN)
        room = options->limits.head + BUFFER_ROOM_MIN;
    if (room <= exchange->room) return -1;
    if (fault(FAULT_OOM)) return -1;
    char *buffer = realloc(is_inline ? NULL : exchange->buffer, room);
    if (!buffer) return -1;
    if (is_inline) memcpy(buffer, exchange->buffer, exchange->filled);
    exchange->buffer = buffer;
    exchange->room = room;
    return 0;
}

/* ---- the head ---- */

static enum exchange_step parse(struct gr_request *exchange) {
    switch (http_request_parse(exchange->buffer, exchange->filled, &options->limits,
                               &exchange->head, exchange->fields, &exchange->scanned,
                               &exchange->refusal, &exchange->refusal_reason)) {
    case HTTP_PARSE_DONE:
        return EXCHANGE_ANSWER;
    case HTTP_PARSE_REFUSED:
        return EXCHANGE_REFUSE;
    case HTTP_PARSE_INCOMPLETE:
        break;
    }
    return EXCHANGE_WAIT;
}

/* One recv is enough when it comes back short: what arrives later is told by the loop. Not so when
 * the peer has closed, which is told only once. */
enum exchange_step exchange_receive(struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    enum exchange_step step;
    do {
        if (exchange->filled == exchange->room && grow(exchange) < 0) return EXCHANGE_CLOSE;
        size_t room = exchange->room - exchange->filled;
        long n = connection_try_receive(connection, exchange->buffer + exchange->filled, room);
        if (n <= 0) return n == -EAGAIN ? EXCHANGE_WAIT : EXCHANGE_CLOSE;
        exchange->filled += (uint32_t)n;
        step = parse(exchange);
    } while (step == EXCHANGE_WAIT && (connection->news || connection->ending));
    return step;
}

enum exchange_step exchange_time_out(struct gr_request *exchange) {
    exchange->refusal = 408;
    exchange->refusal_reason = "the head took too long";
    return EXCHANGE_REFUSE;
}

/* Moves what has been received of the next request to where a head is expected. */
static void carry_over(struct gr_request *exchange) {
    const char *unread = exchange->body.unread;
    uint32_t len = (uint32_t)(exchange->body.unread_end - unread);
    bool shrink = exchange->buffer != exchange->inline_buffer && len <= inline_room(exchange);
    char *heap = shrink ? exchange->buffer : NULL;
    if (shrink) {
        exchange->buffer = exchange->inline_buffer;
        exchange->room = inline_room(exchange);
    }
    memmove(exchange->buffer, unread, len);
    exchange->filled = len;
    exchange->scanned = 0;
    free(heap);
    arena_fini(&exchange->arena);
}

enum exchange_step exchange_next(struct gr_request *exchange) {
    carry_over(exchange);
    if (exchange->filled) {
        enum exchange_step step = parse(exchange);
        if (step != EXCHANGE_WAIT) return step;
    }
    struct connection *connection = exchange->connection;
    return connection->news || connection->ending ? exchange_receive(exchange) : EXCHANGE_WAIT;
}

/* ---- the answer ---- */

/* The client may have hung up already. */
static void look_for_end(struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    if (!exchange->cancel_on_disconnect) return;
    fd_watch_rearm_for_end(&connection->watch);
    if (connection->ending) exchange_disconnected(exchange);
}

static void begin(struct gr_request *exchange, struct tally *tally) {
    arena_init(&exchange->arena, exchange->arena_memory, ARENA_ROOM);
    body_begin(exchange);
    connection_count_request(exchange->connection);
    response_init(exchange);
    exchange->match.param_count = 0;
    exchange->forwarding = NULL;
    exchange->endpoint = (gr_slice){0};
    exchange->id.text.len = 0;
    int64_t limit = options->request_timeout;
    exchange->started = clock_now();
    exchange->tally = tally;
    exchange->cancel_on_disconnect = options->cancel_on_disconnect;
    struct green *self = green_self();
    sched_enter(self);
    self->deadline = limit ? exchange->started + limit : NEVER;
    self->work = exchange;
    tally_open(tally, exchange->started, exchange->connection->watch.fd);
    exchange->green = self;
    exchange->thread = self->thread;
    overdue_watch(exchange);
    load_add_in_flight(1);
    in_flight_enter(exchange);
    look_for_end(exchange);
    sched_leave(self);
}

static bool decode_path(struct gr_request *exchange) {
    gr_slice raw = {exchange->buffer + exchange->head.path.at, exchange->head.path.len};
    exchange->path = raw;
    if (!memchr(raw.data, '%', raw.len)) return true;
    char *path = arena_alloc(&exchange->arena, raw.len);
    ssize_t len = path ? url_decode(raw, path) : -1;
    exchange->path = (gr_slice){path, (size_t)len};
    return len >= 0;
}

/* RFC 9110, 7.4: what is asked for by https is not given to whom did not come by it. */
static bool is_misdirected(const struct gr_request *exchange) {
    gr_slice target = gr_request_target(exchange), https = gr_slice_of("https:");
    if (target.data[0] == '/' || target.len < https.len) return false;
    target.len = https.len;
    return gr_slice_equal_nocase(target, https) &&
           !gr_slice_equal(gr_request_scheme(exchange), gr_slice_of("https"));
}

static void dispatch(struct gr_request *exchange) {
    const struct http_request_head *head = &exchange->head;
    gr_slice path = {exchange->buffer + head->path.at, head->path.len};
    gr_slice method = {exchange->buffer + head->method.at, head->method.len};
    struct route_match *match = &exchange->match;
    const char *why;
    int refusal = proxies_on ? proxies_believe(exchange, &why) : 0;
    if (refusal) return response_brief(exchange, refusal, why, NULL, NULL);
    if (is_misdirected(exchange))
        return response_brief(exchange, 421, "https was asked for without TLS", NULL, NULL);
    if (!decode_path(exchange))
        return response_brief(exchange, 400, "a percent escape in the path is malformed", NULL,
                              NULL);
    if (statics_on && static_answer(exchange)) {
        exchange->endpoint = gr_slice_of(ENDPOINT_STATIC);
        return;
    }
    exchange->endpoint = gr_slice_of(ENDPOINT_UNMATCHED);
    if (mount.len && !mount_enter(&path, &exchange->path))
        return response_brief(exchange, 404, "", NULL, NULL);
    switch (route_find(app, method, path, &exchange->arena, match)) {
    case ROUTE_FOUND:
        exchange->endpoint = gr_slice_of(match->pattern);
        return match->handler(exchange, match->data);
    case ROUTE_NOT_FOUND:
        return response_brief(exchange, 404, "", NULL, NULL);
    case ROUTE_NOT_ALLOWED:
        return response_brief(exchange, 405, "", "Allow", match->allow);
    case ROUTE_OUT_OF_MEMORY:
        return response_brief(exchange, 503, "", NULL, NULL);
    }
}

static void handle(struct gr_request *exchange) {
    exchange->endpoint = gr_slice_of(ENDPOINT_REFUSED);
    if (readiness_is_asked(exchange))
        readiness_answer(exchange);
    else if (__builtin_expect(options->os_threads, 0))
        os_handler_run(exchange, dispatch);
    else
        dispatch(exchange);
}

void exchange_disconnected(struct gr_request *exchange) {
    if (exchange->cancel_on_disconnect && exchange->green) green_cancel(exchange->green);
}

bool exchange_is_given_up(const struct connection *connection) {
    return connection->broken || (connection->ending && options->cancel_on_disconnect);
}

int exchanges_cancel(void (*done)(void)) {
    return options->os_threads ? 0 : in_flight_cancel(done);
}

int gr_request_cancel_on_disconnect(gr_request *request, bool on) {
    struct green *self = green_may_park();
    if (!self || request->green != self) {
        errno = options->os_threads ? ENOTSUP : EPERM;
        return -1;
    }
    sched_enter(self);
    request->cancel_on_disconnect = on;
    look_for_end(request);
    sched_leave(self);
    return 0;
}

gr_request *gr_request_current(void) {
    const struct green *self = green_self();
    if (!self) return os_handler_request();
    gr_request *request = (gr_request *)self->work;
    return request && request->green == self ? request : NULL;
}

const gr_request *gr_request_behind(void) {
    const struct green *self = green_self();
    return self ? self->work : os_handler_request();
}

bool gr_request_expired(const gr_request *request) {
    int64_t limit = options->request_timeout;
    return limit && clock_now() >= request->started + limit;
}

/* What the handler left undone, no longer within its deadline. */
static void complete(struct gr_request *exchange) {
    bool expired = gr_request_expired(exchange), cancelled = gr_cancelled();
    bool started = gr_response_started(exchange);
    if (expired) breach_count(BREACH_REQUEST_TIME);
    green_self()->deadline = NEVER;
    if (!started) gr_shield(true); /* until the end: the client may have to be waited for */
    if (expired && !started)
        return response_brief(exchange, 504, "the request took too long", NULL, NULL);
    if (cancelled && !started)
        return response_brief(exchange, 503, "the request was cancelled", NULL, NULL);
    if (exchange->response.status || exchange->response.ended) {
        gr_response_end(exchange);
        return;
    }
    gr_log(GR_LOG_ERROR, "the handler of %.*s returned without an answer",
           (int)exchange->head.path.len, exchange->buffer + exchange->head.path.at);
    response_brief(exchange, 500, "", NULL, NULL);
}

static enum exchange_step next_step(struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    const struct body *body = &exchange->body;
    const struct response *response = &exchange->response;
    if (response->cut_short && response->framing == RESPONSE_UNTIL_CLOSE)
        connection_reset(connection);
    if (connection->broken || response->cut_short) return EXCHANGE_CLOSE;
    if (!response->last) return body_finish(exchange) ? EXCHANGE_WAIT : EXCHANGE_LINGER;
    bool all_read = body->ended && body->unread == body->unread_end && !connection->news;
    return all_read ? EXCHANGE_CLOSE : EXCHANGE_LINGER;
}

static void end(struct gr_request *exchange, enum exchange_step step) {
    struct green *self = green_self();
    compress_fini(exchange);
    sched_enter(self);
    int64_t now = clock_now();
    tally_close(exchange->tally, now);
    self->work = exchange->green = NULL;
    self->cancelled = self->shields = 0;
    self->deadline = NEVER;
    access_log_write(exchange, now);
    if (metrics_on) request_metrics_count(exchange, now);
    overdue_forget(exchange);
    in_flight_leave(exchange);
    load_add_in_flight(-1);
    load_add_request();
    sched_leave(self);
    if (step != EXCHANGE_WAIT) arena_fini(&exchange->arena);
}

enum exchange_step exchange_answer(struct gr_request *exchange) {
    struct tally tally;
    begin(exchange, &tally);
    handle(exchange);
    green_end_if_forked(); /* the connection is the parent's */
    complete(exchange);
    enum exchange_step step = next_step(exchange);
    end(exchange, step);
    return step;
}

enum exchange_step exchange_turn_away(struct gr_request *exchange) {
    struct tally tally;
    char seconds[24];
    begin(exchange, &tally);
    exchange->endpoint = gr_slice_of(ENDPOINT_REFUSED);
    breach_count(BREACH_QUEUE_TIME);
    snprintf(seconds, sizeof seconds, "%lld",
             (long long)((options->queue_timeout + NS_PER_S - 1) / NS_PER_S));
    response_brief(exchange, 503, "too many requests are in flight", "Retry-After", seconds);
    enum exchange_step step = next_step(exchange);
    end(exchange, step);
    return step;
}

enum exchange_step exchange_refuse(struct gr_request *exchange) {
    struct tally tally;
    exchange->head = (struct http_request_head){.minor = 1, .size = exchange->filled};
    begin(exchange, &tally);
    exchange->endpoint = gr_slice_of(ENDPOINT_REFUSED);
    enum breach breach = breach_of_status(exchange->refusal);
    if (breach != BREACH_COUNT) breach_count(breach);
    response_brief(exchange, exchange->refusal, exchange->refusal_reason, NULL, NULL);
    end(exchange, EXCHANGE_LINGER);
    return EXCHANGE_LINGER;
}
