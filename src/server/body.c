#include "server/body.h"

#include <errno.h>

#include "runtime/runtime.h"
#include "server/breach.h"
#include "server/exchange.h"

enum {
    FRAMING_ROOM_MIN = 512,
    DROP_MAX = 64 * 1024, /* bytes of an unwanted body that are cheaper to read than to reconnect */
    DROP_PATIENCE = 200 * NS_PER_MS, /* for the next bytes */
};

#define DROP_TIME (2 * (int64_t)NS_PER_S) /* for all of them */

static const struct server_options *options;

void bodies_init(const struct server_options *server_options) { options = server_options; }

void body_begin(gr_request *request) {
    const struct http_request_head *head = &request->head;
    struct body *body = &request->body;
    *body = (struct body){
        .unread = request->buffer + head->size,
        .unread_end = request->buffer + request->filled,
        .left = head->content_length,
        .patience = options->body_timeout,
        .chunked = head->chunked,
        .ended = !head->chunked && head->content_length == 0,
    };
    body->continue_due = head->expect_continue && body->unread == body->unread_end;
    if (!body->chunked) return;
    chunked_decoder_init(&body->decoder);
    body->left = options->limits.body ? options->limits.body : INT64_MAX;
}

static size_t unread(const struct body *body) { return (size_t)(body->unread_end - body->unread); }

static size_t least(uint64_t a, uint64_t b) { return (size_t)(a < b ? a : b); }

/* A client that sends as fast as it has to, in the long run, always has the whole of its time for
 * the next bytes; of one that does not, it runs out. */
static void account(struct body *body, int64_t waited, size_t received) {
    int64_t most = options->body_timeout;
    uint32_t rate = options->min_body_rate;
    if (!rate) return;
    int64_t earned = received / rate >= (size_t)(most / NS_PER_S) + 1
                         ? most
                         : (int64_t)(received * NS_PER_S / rate);
    body->patience += earned - waited;
    if (body->patience > most) body->patience = most;
    if (body->patience < 0) body->patience = 0;
}

static ssize_t receive(gr_request *request, void *buffer, size_t len) {
    struct body *body = &request->body;
    int64_t began = clock_now();
    ssize_t n = connection_receive(request->connection, buffer, len, body->patience);
    if (n > 0) account(body, clock_now() - began, (size_t)n);
    if (n == 0) {
        errno = ECONNRESET;
        n = -1;
    }
    return n;
}

/* Content-Length: straight into the caller's buffer, never past the end. */
static ssize_t read_counted(gr_request *request, void *buffer, size_t len) {
    struct body *body = &request->body;
    size_t n = least(len, (uint64_t)body->left);
    if (unread(body)) {
        n = least(n, unread(body));
        memcpy(buffer, body->unread, n);
        body->unread += n;
    } else {
        ssize_t received = receive(request, buffer, n);
        if (received < 0) return -1;
        n = (size_t)received;
    }
    body->left -= (int64_t)n;
    body->ended = body->left == 0;
    return (ssize_t)n;
}

/* Behind the head, or in the arena if the head has left too little room there. */
static int provide_framing_room(gr_request *request) {
    struct body *body = &request->body;
    body->framing = request->buffer + request->head.size;
    body->framing_room = request->room - request->head.size;
    if (body->framing_room >= FRAMING_ROOM_MIN) return 0;
    body->framing = arena_alloc(&request->arena, FRAMING_ROOM_MIN);
    body->framing_room = FRAMING_ROOM_MIN;
    return body->framing ? 0 : -1;
}

static int receive_framing(gr_request *request) {
    struct body *body = &request->body;
    if (!body->framing && provide_framing_room(request) < 0) return -1;
    ssize_t n = receive(request, body->framing, body->framing_room);
    if (n < 0) return -1;
    body->unread = body->framing;
    body->unread_end = body->framing + n;
    return 0;
}

/* Payload goes straight into the caller's buffer; only what holds framing is received into ours.
 * The decoder never gets more than len bytes, so a piece of payload always fits. */
static ssize_t read_chunked(gr_request *request, void *buffer, size_t len) {
    struct body *body = &request->body;
    for (;;) {
        if (!unread(body)) {
            uint64_t direct = chunked_direct(&body->decoder);
            if (direct) {
                ssize_t n = receive(request, buffer, least(len, direct));
                if (n > 0) chunked_skip(&body->decoder, (uint64_t)n);
                return n;
            }
            if (receive_framing(request) < 0) return -1;
        }
        size_t used;
        gr_slice payload;
        enum chunked_result result =
            chunked_decode(&body->decoder, body->unread, least(unread(body), len), &used, &payload);
        if (result == CHUNKED_BAD) {
            errno = EPROTO;
            return -1;
        }
        body->unread += used;
        if (result == CHUNKED_END) {
            body->ended = true;
            return 0;
        }
        if (result == CHUNKED_DATA) {
            memcpy(buffer, payload.data, payload.len);
            return (ssize_t)payload.len;
        }
    }
}

/* Of a chunked body nobody knows the size before it is there. */
static ssize_t charge(struct body *body, ssize_t n) {
    body->left -= n;
    if (body->left >= 0) return n;
    breach_count(BREACH_BODY_SIZE);
    errno = EFBIG;
    return -1;
}

static int send_continue(gr_request *request) {
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct body *body = &request->body;
    body->continue_due = false;
    if (request->response.started) return 0;
    struct iovec part = {text, sizeof text - 1};
    return connection_send(request->connection, &part, 1, 0);
}

ssize_t gr_request_read(gr_request *request, void *buffer, size_t len) {
    struct body *body = &request->body;
    if (!runtime_on && !body->error) body->error = ECONNRESET; /* the connection is the parent's */
    if (body->error) {
        errno = body->error;
        return -1;
    }
    if (body->ended || len == 0) return 0;
    ssize_t n = -1;
    if (!body->continue_due || send_continue(request) == 0)
        n = body->chunked ? read_chunked(request, buffer, len) : read_counted(request, buffer, len);
    if (n > 0 && body->chunked) n = charge(body, n);
    if (n < 0) body->error = errno;
    return n;
}

bool body_is_doomed(const gr_request *request) {
    const struct body *body = &request->body;
    return !body->ended && (body->error || body->continue_due);
}

bool body_may_finish(const gr_request *request) {
    const struct body *body = &request->body;
    return body->ended || (!body_is_doomed(request) && (body->chunked || body->left <= DROP_MAX));
}

bool body_finish(gr_request *request) {
    static char waste[8192]; /* written by all, read by none */
    struct body *body = &request->body;
    if (body->ended) return true;
    if (!body_may_finish(request)) return false;
    body->patience = DROP_PATIENCE;
    green_self()->deadline = clock_after(DROP_TIME);
    ssize_t n;
    size_t dropped = 0;
    while (dropped <= DROP_MAX && (n = gr_request_read(request, waste, sizeof waste)) > 0)
        dropped += (size_t)n;
    green_self()->deadline = NEVER;
    return body->ended;
}
