/* What the files that parse a request head share. Each piece of the parser reads from left to right
 * and judges a byte by those before it alone: so what is refused in part of a head would have been
 * refused, with the same status, in the whole of it. */
#ifndef HTTP_REQUEST_PARSER_H
#define HTTP_REQUEST_PARSER_H

#include "http/request_head.h"

enum seen {
    SEEN_HOST = 1,
    SEEN_CONTENT_LENGTH = 2,
    SEEN_TRANSFER_ENCODING = 4,
    SEEN_CLOSE = 8,            /* Connection: close */
    SEEN_KEEP_ALIVE = 16,      /* Connection: keep-alive */
    SEEN_EXPECT_CONTINUE = 32, /* Expect: 100-continue */
    SEEN_ABSOLUTE_FORM = 64,   /* the target names the host */
};

struct request_parser {
    const char *data; /* where the head starts; spans count from here */
    const char *end;  /* of the bytes that are there and inside the limits */
    struct http_request_head *head;
    const struct http_limits *limits;
    unsigned seen; /* of enum seen */
    int status;    /* of a refusal */
    const char *why;
};

static inline enum http_parse request_refuse(struct request_parser *parser, int status,
                                             const char *why) {
    parser->status = status;
    parser->why = why;
    return HTTP_PARSE_REFUSED;
}

static inline struct http_span request_span(const struct request_parser *parser, const char *from,
                                            const char *to) {
    return (struct http_span){(uint32_t)(from - parser->data), (uint32_t)(to - from)};
}

static inline gr_slice request_slice(const struct request_parser *parser, struct http_span span) {
    return (gr_slice){parser->data + span.at, span.len};
}

/* Parses the request line at *at and leaves *at behind its CRLF: method, target, path, query,
 * minor, and host if the target names one. A line that exceeds max bytes is refused. */
enum http_parse request_line_parse(struct request_parser *parser, const char **at, uint32_t max);

/* Takes note of a field that decides about framing, the connection or the host, and refuses it if
 * it is malformed or repeated. */
enum http_parse request_field_heed(struct request_parser *parser, const struct http_field *field);

/* Draws the conclusions once all fields have been heeded. */
enum http_parse request_fields_conclude(struct request_parser *parser);

/* uri-host [":" port] (RFC 9110, 7.2), host and port may be empty. Percent-encoding is refused:
 * one reader would decode it, another would not. */
bool request_is_authority(gr_slice text);

#endif
