/* The head of a response as a client reads it (RFC 9112, sections 4 to 6), parsed strictly: what
 * two parsers could read differently is refused. No I/O, no allocation. */
#ifndef HTTP_ANSWER_HEAD_H
#define HTTP_ANSWER_HEAD_H

#include "http/field.h"

/* What was asked decides whether a body follows. */
enum http_asked {
    HTTP_ASKED,         /* by any other method */
    HTTP_ASKED_HEAD,    /* no body */
    HTTP_ASKED_CONNECT, /* after 2xx the connection is a tunnel */
};

/* Where the body ends (RFC 9112, 6.3). */
enum http_framing {
    HTTP_FRAMING_NONE, /* there is none */
    HTTP_FRAMING_LENGTH,
    HTTP_FRAMING_CHUNKED,
    HTTP_FRAMING_CLOSE, /* where the connection ends */
};

struct http_answer_limits {
    uint32_t fields; /* number of field lines */
    uint32_t head;   /* bytes of the whole head. At most 1 MiB */
};

struct http_answer_head {
    int status;              /* 100 to 599 */
    uint8_t minor;           /* HTTP/1.minor, 0 or 1 (higher minors count as 1) */
    struct http_span reason; /* may be empty */
    enum http_framing framing;
    bool keep_alive;        /* the connection can be used again, once the body has been read */
    int64_t content_length; /* as the field says it, also where no body follows; -1: it says none */
    uint32_t field_count;
    uint32_t size; /* of the head in bytes, final empty line included */
};

/* Parses the head that starts at data. fields has room for limits->fields entries. *scanned is 0 at
 * the first call for a head and otherwise what the last call left there, so that a head that
 * arrives byte by byte costs no more than one that comes whole. When it is refused, *why is a
 * static sentence. Refused are besides malformed heads: a repeated Content-Length or
 * Transfer-Encoding, both of them, a transfer coding other than chunked or from HTTP/1.0, folded
 * fields, versions other than 1.x. Interim responses (1xx) are heads like any, without a body. */
enum http_parse http_answer_parse(const char *data, size_t len, enum http_asked asked,
                                  const struct http_answer_limits *limits,
                                  struct http_answer_head *head, struct http_field *fields,
                                  uint32_t *scanned, const char **why);

#endif
