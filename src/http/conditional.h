/* Conditional requests (RFC 9110, section 13), byte ranges (section 14) and the choice of a content
 * coding (section 12.5.3): what a server of files decides from the fields of a request. No I/O, no
 * allocation. */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include "greenroom/base.h"

/* A date in any of the three forms of RFC 9110, 5.6.7, as seconds since the epoch. A year of two
 * digits that would lie more than 50 years after now is of the century before. Returns false for
 * anything else. */
bool http_date_parse(gr_slice text, int64_t now, int64_t *seconds);

/* The selected representation. The entity tag is a strong one, with its quotes. */
struct http_validators {
    gr_slice etag;
    int64_t modified; /* seconds since the epoch */
};

/* The fields of the request; data NULL for one it does not have. */
struct http_preconditions {
    gr_slice if_match, if_none_match, if_modified_since, if_unmodified_since, if_range, range;
};

enum http_condition {
    HTTP_CONDITION_HOLDS,
    HTTP_CONDITION_UNCHANGED, /* 304 */
    HTTP_CONDITION_FAILS,     /* 412 */
};

/* For GET and HEAD, in the order of RFC 9110, 13.2.2. Fields that cannot be understood do not
 * count, but an If-Match that cannot fails. now: seconds since the epoch. */
enum http_condition http_condition(const struct http_preconditions *preconditions,
                                   const struct http_validators *validators, int64_t now);

enum http_range_kind {
    HTTP_RANGE_NONE,    /* the whole: no range asked for, several, or not understood */
    HTTP_RANGE_PARTIAL, /* 206 */
    HTTP_RANGE_OUTSIDE, /* 416 */
};

/* Which part of size bytes a GET asks for: one range of bytes, if If-Range allows it. Several are
 * answered with the whole, as RFC 9110, 14.2 permits. */
enum http_range_kind http_range(const struct http_preconditions *preconditions,
                                const struct http_validators *validators, int64_t size, int64_t now,
                                int64_t *offset, int64_t *len);

/* How much the client wants a coding, in thousandths; 0: not at all. accepted is the value of
 * Accept-Encoding; data NULL when there is none, then only "identity" is wanted. */
int http_coding_weight(gr_slice accepted, gr_slice coding);

/* The same where accepted names this very coding; -1 where it does not. */
int http_coding_given(gr_slice accepted, gr_slice coding);

#endif
