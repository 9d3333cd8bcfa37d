/* What of a response head needs knowledge of HTTP: reason phrases, the form of fields, which fields
 * the server keeps for itself, dates. No I/O, no allocation. */
#ifndef HTTP_RESPONSE_HEAD_H
#define HTTP_RESPONSE_HEAD_H

#include "greenroom/base.h"

/* The standard reason phrase, "Unknown" for codes nobody registered. Static. */
const char *http_reason(int status);

/* A token (RFC 9110, 5.6.2), not empty. */
bool http_is_token(gr_slice text);

/* No control character but TAB (RFC 9110, 5.5). For field values and reason phrases. */
bool http_is_field_value(gr_slice text);

enum http_field_kind {
    HTTP_FIELD_PLAIN,
    HTTP_FIELD_CONTENT_LENGTH,
    HTTP_FIELD_DATE,
    HTTP_FIELD_HOP_BY_HOP, /* Connection, Keep-Alive, Proxy-Authenticate, Proxy-Authorization, TE,
                              Trailer(s), Transfer-Encoding, Upgrade: not the application's to set
                            */
};

/* Which kind of field an application sets by that name, in any case. */
enum http_field_kind http_field_kind(gr_slice name);

/* 1*DIGIT up to INT64_MAX, nothing else. Returns false otherwise. */
bool http_content_length(gr_slice text, int64_t *value);

/* May a response with this status carry a body (not 1xx, 204, 304)? */
bool http_status_has_body(int status);

enum { HTTP_DATE_LENGTH = 29 };

/* IMF-fixdate (RFC 9110, 5.6.7) of a time in seconds since the epoch, of the nearest that lies in
 * the years 1970 to 9999; not terminated. */
void http_date(char out[HTTP_DATE_LENGTH], int64_t seconds);

#endif
