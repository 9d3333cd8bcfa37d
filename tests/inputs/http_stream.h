/* A connection's bytes as the server reads them: one request after the other, bodies decoded. */
#ifndef TESTS_HTTP_STREAM_H
#define TESTS_HTTP_STREAM_H

#include <stdlib.h>

#include "http/chunked.h"
#include "http/request_head.h"

enum { STREAM_FIELDS_MAX = 100 };

static const struct http_limits stream_limits = {
    .request_line = 8190, .fields = STREAM_FIELDS_MAX, .head = 64 * 1024};

struct stream_request {
    int status; /* 200 when it is understood, that of the refusal otherwise */
    const char *why;
    const char *data; /* the spans of the head count from here */
    struct http_request_head head;
    struct http_field fields[STREAM_FIELDS_MAX];
    char *body; /* the caller's to free */
    size_t body_len;
};

enum stream_result {
    STREAM_REQUEST, /* understood, to the end of its body */
    STREAM_REFUSED,
    STREAM_MORE, /* ends within a request, or before one */
};

static inline enum stream_result stream_counted(struct stream_request *request, const char **at,
                                                const char *end) {
    if (end - *at < request->head.content_length) return STREAM_MORE;
    memcpy(request->body, *at, (size_t)request->head.content_length);
    request->body_len = (size_t)request->head.content_length;
    *at += request->body_len;
    return STREAM_REQUEST;
}

static inline enum stream_result stream_chunked(struct stream_request *request, const char **at,
                                                const char *end) {
    struct chunked_decoder decoder;
    enum chunked_result result = CHUNKED_DATA;

    chunked_decoder_init(&decoder);
    while (result == CHUNKED_DATA && *at < end) {
        size_t used;
        gr_slice payload = {NULL, 0};
        result = chunked_decode(&decoder, *at, (size_t)(end - *at), &used, &payload);
        if (payload.len) memcpy(request->body + request->body_len, payload.data, payload.len);
        request->body_len += payload.len;
        *at += used;
    }
    if (result == CHUNKED_BAD) {
        request->status = 400;
        request->why = "malformed chunk";
        return STREAM_REFUSED;
    }
    return result == CHUNKED_END ? STREAM_REQUEST : STREAM_MORE;
}

/* Reads a request at *at and leaves *at behind it. */
static inline enum stream_result stream_next(struct stream_request *request, const char **at,
                                             const char *end) {
    uint32_t scanned = 0;

    *request = (struct stream_request){.status = 200, .data = *at};
    switch (http_request_parse(*at, (size_t)(end - *at), &stream_limits, &request->head,
                               request->fields, &scanned, &request->status, &request->why)) {
    case HTTP_PARSE_INCOMPLETE:
        return STREAM_MORE;
    case HTTP_PARSE_REFUSED:
        return STREAM_REFUSED;
    case HTTP_PARSE_DONE:
        break;
    }
    *at += request->head.size;
    request->body = malloc((size_t)(end - *at) + 1);
    return request->head.chunked ? stream_chunked(request, at, end)
                                 : stream_counted(request, at, end);
}

#endif
