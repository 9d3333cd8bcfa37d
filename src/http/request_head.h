/* The head of a request (RFC 9112, sections 2 to 6), parsed strictly: what two parsers could read
 * differently is refused. No I/O, no allocation. */
#ifndef HTTP_REQUEST_HEAD_H
#define HTTP_REQUEST_HEAD_H

#include "http/field.h"

struct http_limits {
    uint32_t request_line; /* bytes, without CRLF; over it 414 */
    uint32_t fields;       /* number of field lines; over it 431 */
    uint32_t head;         /* bytes of the whole head; over it 431. At most 1 MiB */
    int64_t body;          /* bytes that Content-Length may announce; over it 413. 0: any number */
};

struct http_request_head {
    struct http_span method, target;
    struct http_span path;  /* of the target, not decoded, without query; "*" for OPTIONS * */
    struct http_span query; /* behind the first "?" */
    struct http_span host;  /* value of Host, or the authority of an absolute target without one;
                               may be empty. With port if given, never with percent-encoding */
    uint8_t minor;          /* HTTP/1.minor, 0 or 1 (higher minors count as 1) */
    bool chunked;
    bool keep_alive;        /* the client allows another request on this connection */
    bool expect_continue;   /* "Expect: 100-continue" from an HTTP/1.1 client with a body to come */
    int64_t content_length; /* 0 when there is no body; meaningless if chunked */
    uint32_t field_count;
    uint32_t size; /* of the head in bytes, final empty line included */
};

/* Parses the head that starts at data. fields has room for limits->fields entries. *scanned is 0 at
 * the first call for a head and otherwise what the last call left there, so that a head that
 * arrives byte by byte costs no more than one that comes whole. One empty line before the request
 * line is skipped (and counted in size). Refusals: 400, 413, 414, 431, 501 (a transfer coding we do
 * not know, CONNECT), 505, 417 (an expectation other than 100-continue); *why is a static sentence
 * for the log; both are left alone otherwise. Obvious garbage (not a token at the start) is refused
 * before the head is complete. */
enum http_parse http_request_parse(const char *data, size_t len, const struct http_limits *limits,
                                   struct http_request_head *head, struct http_field *fields,
                                   uint32_t *scanned, int *status, const char **why);

#endif
