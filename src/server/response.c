#include "server/response.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "http/chunked.h"
#include "http/response_head.h"
#include "runtime/runtime.h"
#include "server/exchange.h"
#include "server/load.h"
#include "server/os_handler.h"
#include "server/server_timing.h"
#include "server/wall_clock.h"

enum {
    HEAD_ROOM = 512,     /* to begin with */
    SERVER_FIELDS = 224, /* at most, of what the server adds: Date, framing, compression, the end */
};

static int fail(int code) {
    errno = code;
    return -1;
}

void response_init(gr_request *request) {
    bool last = !request->head.keep_alive || connection_is_spent(request->connection);
    request->response = (struct response){.length = -1, .last = last};
}

/* ---- building the head ---- */

void response_put(struct response *response, const char *text, size_t len) {
    memcpy(response->head + response->head_len, text, len);
    response->head_len += len;
}

#define PUT_LITERAL(response, text) response_put(response, text, sizeof(text) - 1)

/* Makes room for len bytes beside what the server itself adds at the end. */
static int reserve(gr_request *request, size_t len) {
    struct response *response = &request->response;
    size_t needed = response->head_len + len + SERVER_FIELDS;
    if (__builtin_expect(needed <= response->head_room, 1)) return 0;
    size_t room = response->head_room ? response->head_room : HEAD_ROOM;
    while (room < needed) room *= 2;
    char *head = arena_alloc(&request->arena, room);
    if (!head) return -1;
    if (response->head_len) memcpy(head, response->head, response->head_len);
    response->head = head;
    response->head_room = room;
    return 0;
}

static void put_number(struct response *response, uint64_t number) {
    response->head_len += decimal_put(response->head + response->head_len, number);
}

int gr_response_begin(gr_request *request, int status, const char *reason) {
    struct response *response = &request->response;
    if (response->started || response->ended) return fail(EALREADY);
    gr_slice text = gr_slice_of(reason ? reason : http_reason(status));
    if (status < 200 || status > 599 || !http_is_field_value(text)) return fail(EINVAL);

    response->head_len = 0;
    response->length = -1;
    response->dated = response->recoded = false;
    compress_fini(request);
    response->compression = (struct compression){.encoder = NULL};
    if (reserve(request, text.len + sizeof "HTTP/1.1 200 \r\n") < 0) return -1;
    PUT_LITERAL(response, "HTTP/1.1 ");
    put_number(response, (uint64_t)status);
    PUT_LITERAL(response, " ");
    response_put(response, text.data, text.len);
    PUT_LITERAL(response, "\r\n");
    response->status = (uint16_t)status;
    return 0;
}

static int declare_length(struct response *response, gr_slice value) {
    int64_t length;
    if (!http_content_length(value, &length)) return fail(EINVAL);
    if (response->length >= 0 && response->length != length) return fail(EINVAL);
    response->length = length;
    return 0;
}

int gr_response_header_slice(gr_request *request, gr_slice name, gr_slice value) {
    struct response *response = &request->response;
    if (response->started || response->ended) return fail(EALREADY);
    if (!response->status || !http_is_token(name) || !http_is_field_value(value))
        return fail(EINVAL);
    switch (http_field_kind(name)) {
    case HTTP_FIELD_HOP_BY_HOP:
        return fail(EPERM);
    case HTTP_FIELD_CONTENT_LENGTH:
        return declare_length(response, value);
    case HTTP_FIELD_DATE:
        response->dated = true;
        break;
    case HTTP_FIELD_PLAIN:
        break;
    }
    if (reserve(request, name.len + value.len + 4) < 0) return -1;
    if (compress_on) compress_note(request, name, value);
    response_put(response, name.data, name.len);
    PUT_LITERAL(response, ": ");
    response_put(response, value.data, value.len);
    PUT_LITERAL(response, "\r\n");
    return 0;
}

int gr_response_header(gr_request *request, const char *name, const char *value) {
    return gr_response_header_slice(request, gr_slice_of(name), gr_slice_of(value));
}

static bool is_head(const gr_request *request) {
    const char *method = request->buffer + request->head.method.at;
    return request->head.method.len == 4 && memcmp(method, "HEAD", 4) == 0;
}

static bool is_bodiless(const gr_request *request) {
    return is_head(request) || !http_status_has_body(request->response.status);
}

/* Of an answer that is given whole. */
static void learn_length(gr_request *request, size_t len) {
    struct response *response = &request->response;
    if (response->length >= 0 || response->status == 304) return;
    response->unmade = len == 0 && is_head(request);
    if (!response->unmade) response->length = (int64_t)len;
}

static bool is_counted(const struct response *response) {
    return response->length >= 0 && !response->recoded;
}

static enum response_framing choose_framing(const gr_request *request) {
    if (is_bodiless(request)) return RESPONSE_EMPTY;
    if (is_counted(&request->response)) return RESPONSE_COUNTED;
    return request->head.minor >= 1 ? RESPONSE_CHUNKED : RESPONSE_UNTIL_CLOSE;
}

/* RFC 9112, 6.1 and 6.3: 204 has neither field; HEAD and 304 may have what GET would. */
static void put_framing(gr_request *request) {
    struct response *response = &request->response;
    if (response->status == 204 || response->unmade) return;
    if (is_counted(response)) {
        PUT_LITERAL(response, "Content-Length: ");
        put_number(response, (uint64_t)response->length);
        PUT_LITERAL(response, "\r\n");
    } else if (request->head.minor >= 1 && response->status != 304) {
        PUT_LITERAL(response, "Transfer-Encoding: chunked\r\n");
    }
}

static void put_connection(gr_request *request) {
    struct response *response = &request->response;
    if (connections_draining() || load_server_draining()) response->last = true;
    if (response->last)
        PUT_LITERAL(response, "Connection: close\r\n");
    else if (request->head.minor == 0)
        PUT_LITERAL(response, "Connection: keep-alive\r\n");
}

static void put_date_on_thread(struct response *response) {
    char field[WALL_CLOCK_DATE_FIELD];
    wall_clock_date_field(field);
    response_put(response, field, sizeof field);
}

static void put_date(struct response *response) {
    struct green *self = green_self();
    if (!self) return put_date_on_thread(response);
    sched_enter(self);
    response_put(response, wall_clock_now()->date_field, WALL_CLOCK_DATE_FIELD);
    sched_leave(self);
}

/* Without memory it is left out. */
static void put_server_timing(gr_request *request) {
    char field[SERVER_TIMING_MAX];
    size_t len = server_timing_field(request, field);
    if (reserve(request, len) == 0) response_put(&request->response, field, len);
}

/* Closes the head; from now on it counts as sent. */
static void finish_head(gr_request *request) {
    struct response *response = &request->response;
    response->framing = choose_framing(request);
    if (response->framing == RESPONSE_UNTIL_CLOSE || body_is_doomed(request)) response->last = true;
    if (__builtin_expect(server_timing_on, 0)) put_server_timing(request);
    if (!response->dated) put_date(response);
    put_framing(request);
    put_connection(request);
    PUT_LITERAL(response, "\r\n");
    response->started = true;
}

/* ---- sending ---- */

static int transmit(gr_request *request, struct iovec *parts, int count, int flags) {
    struct response *response = &request->response;
    if (connection_send(request->connection, parts, count, flags) == 0) return 0;
    response->error = errno;
    response->ended = response->cut_short = true;
    return -1;
}

/* May the caller write? Not in a child of fork, as the connection is its parent's, and not once the
 * server has answered in its place. */
static int check_open(gr_request *request) {
    const struct response *response = &request->response;
    if (!runtime_on) return fail(EPIPE);
    if (!green_self() && !os_handler_may_answer(request)) return fail(ETIMEDOUT);
    if (response->error) return fail(response->error);
    if (response->ended) return fail(EALREADY);
    return response->status ? 0 : fail(EINVAL);
}

/* Closes the head, and sends it with all of the body. */
static int send_whole(gr_request *request, const void *body, size_t len) {
    struct response *response = &request->response;
    finish_head(request);
    response->ended = true;
    if (response->framing == RESPONSE_EMPTY) len = 0;
    response->sent = (int64_t)len;

    if (len <= response->head_room - response->head_len) { /* one buffer is cheaper than two */
        if (len) response_put(response, body, len);
        struct iovec whole = {response->head, response->head_len};
        return transmit(request, &whole, 1, 0);
    }
    struct iovec parts[] = {{response->head, response->head_len}, {(void *)body, len}};
    return transmit(request, parts, 2, 0);
}

static int send_compressed(gr_request *request, const void *body, size_t len) {
    struct response *response = &request->response;
    if (is_bodiless(request)) {
        compress_claim(request);
    } else if (len > COMPRESS_WHOLE_MAX) {
        if (compress_open(request) < 0) return send_whole(request, body, len);
        return gr_response_write(request, body, len) < 0 ? -1 : gr_response_end(request);
    } else {
        char *coded = compress_whole(request, body, &len);
        if (coded) response->length = (int64_t)len;
        int result = send_whole(request, coded ? coded : body, len);
        free(coded);
        return result;
    }
    return send_whole(request, body, len);
}

int gr_response_send(gr_request *request, const void *body, size_t len) {
    struct response *response = &request->response;
    if (check_open(request) < 0) return -1;
    if (response->started) return fail(EALREADY);
    if (response->length >= 0 && response->length != (int64_t)len && !is_bodiless(request))
        return fail(EMSGSIZE);
    learn_length(request, len);
    if (!body_may_finish(request)) response->last = true;
    if (compress_on && compress_wanted(request, response->length))
        return send_compressed(request, body, len);
    return send_whole(request, body, len);
}

/* How many of len more bytes the declared length allows. */
static size_t allowed(const struct response *response, size_t len) {
    if (response->length < 0) return len;
    int64_t left = response->length - response->taken;
    return (int64_t)len > left ? (size_t)left : len;
}

/* Before the first piece of a body that comes in pieces. */
static void consider_compression(gr_request *request) {
    const struct response *response = &request->response;
    if (!compress_on || response->started || response->compression.encoder ||
        !compress_wanted(request, response->length))
        return;
    if (is_bodiless(request))
        compress_claim(request);
    else
        compress_open(request); /* without memory it goes as it is */
}

/* The head if it is still to be sent. */
static int add_head(gr_request *request, struct iovec *parts) {
    struct response *response = &request->response;
    if (response->started) return 0;
    finish_head(request);
    parts[0] = (struct iovec){response->head, response->head_len};
    return 1;
}

int response_put_body(gr_request *request, const void *piece, size_t len) {
    struct response *response = &request->response;
    char size_line[CHUNK_HEAD_MAX];
    struct iovec parts[4];
    int count = add_head(request, parts);
    bool chunk = response->framing == RESPONSE_CHUNKED && len > 0;
    if (chunk) parts[count++] = (struct iovec){size_line, chunk_head(size_line, len)};
    if (len) parts[count++] = (struct iovec){(void *)piece, len};
    if (chunk) parts[count++] = (struct iovec){"\r\n", 2};
    if (count && transmit(request, parts, count, 0) < 0) return -1;
    response->sent += (int64_t)len;
    return 0;
}

int gr_response_write(gr_request *request, const void *piece, size_t len) {
    struct response *response = &request->response;
    if (check_open(request) < 0) return -1;
    consider_compression(request);
    bool bodiless = is_bodiless(request);
    size_t fits = bodiless ? 0 : allowed(response, len);
    response->taken += (int64_t)fits;
    int result = response->compression.encoder ? compress_write(request, piece, fits)
                                               : response_put_body(request, piece, fits);
    if (result < 0) return -1;
    return fits < len && !bodiless ? fail(EMSGSIZE) : 0;
}

/* What stands in front of the bytes of a file. */
static int send_prefix(gr_request *request, size_t len) {
    char size_line[CHUNK_HEAD_MAX];
    struct iovec parts[2];
    int count = add_head(request, parts);
    if (request->response.framing == RESPONSE_CHUNKED)
        parts[count++] = (struct iovec){size_line, chunk_head(size_line, len)};
    return count ? transmit(request, parts, count, MSG_MORE) : 0;
}

int gr_response_send_file(gr_request *request, int fd, off_t offset, size_t len) {
    struct response *response = &request->response;
    if (check_open(request) < 0) return -1;
    if (!response->started && response->length < 0) response->length = (int64_t)len;
    if (len == 0 || is_bodiless(request)) return gr_response_write(request, NULL, 0);
    if (allowed(response, len) < len) return fail(EMSGSIZE);
    consider_compression(request);
    response->taken += (int64_t)len;
    if (response->compression.encoder) {
        int result = compress_file(request, fd, offset, len);
        if (result < 0) response_forsake(request);
        return result;
    }
    if (send_prefix(request, len) < 0) return -1;
    if (connection_send_file(request->connection, fd, offset, len) < 0) {
        response->error = errno;
        response->ended = response->cut_short = true;
        return -1;
    }
    response->sent += (int64_t)len;
    struct iovec chunk_end = {"\r\n", 2};
    return response->framing == RESPONSE_CHUNKED ? transmit(request, &chunk_end, 1, 0) : 0;
}

int gr_response_end(gr_request *request) {
    struct response *response = &request->response;
    if (!runtime_on) return fail(EPIPE);
    if (response->error) return fail(response->error);
    if (response->ended) return 0;
    if (!response->started && response->length < 0 && response->status)
        return gr_response_send(request, "", 0);
    if (!response->started && gr_response_write(request, "", 0) < 0) return -1;
    response->ended = true;
    if (response->framing != RESPONSE_EMPTY && response->taken < response->length) {
        response->cut_short = true;
        return fail(EMSGSIZE);
    }
    if (response->compression.encoder && compress_close(request) < 0) {
        response->cut_short = true;
        return -1;
    }
    struct iovec last_chunk = {"0\r\n\r\n", 5};
    return response->framing == RESPONSE_CHUNKED ? transmit(request, &last_chunk, 1, 0) : 0;
}

void gr_response_abort(gr_request *request) {
    request->response.ended = request->response.cut_short = true;
}

void response_forsake(gr_request *request) {
    int error = errno;
    if (request->response.started) {
        gr_response_abort(request);
    } else {
        compress_fini(request);
        response_init(request);
    }
    errno = error;
}

bool gr_response_started(const gr_request *request) { return request->response.started; }

int gr_respond(gr_request *request, int status, const char *content_type, const void *body,
               size_t len) {
    if (gr_response_begin(request, status, NULL) < 0 ||
        gr_response_header(request, "Content-Type", content_type) < 0)
        return -1;
    return gr_response_send(request, body, len);
}

void response_brief(gr_request *request, int status, const char *sentence, const char *name,
                    const char *value) {
    char body[160];
    int len = snprintf(body, sizeof body, "%d %s%s%s\n", status, http_reason(status),
                       *sentence ? ": " : "", sentence);
    if (len >= (int)sizeof body) len = sizeof body - 1;
    if (gr_response_begin(request, status, NULL) < 0 ||
        gr_response_header(request, "Content-Type", "text/plain") < 0)
        return;
    if (name) gr_response_header(request, name, value);
    gr_response_send(request, body, (size_t)len);
}
