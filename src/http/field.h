/* Field lines as requests and responses have them (RFC 9112, section 5), parsed strictly, and the
 * lists in their values. No I/O, no allocation. */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include "greenroom/base.h"

/* Places in the buffer, counted from its start, so that the buffer may move. */
struct http_span {
    uint32_t at, len;
};

struct http_field {
    struct http_span name, value; /* value without surrounding blanks */
};

enum http_parse {
    HTTP_PARSE_INCOMPLETE, /* more bytes are needed */
    HTTP_PARSE_DONE,
    HTTP_PARSE_REFUSED,
};

/* Parses the field line at *at and leaves *at behind its CRLF; spans count from data. *why is a
 * static sentence for HTTP_PARSE_REFUSED. */
enum http_parse http_field_parse(const char *data, const char **at, const char *end,
                                 struct http_field *field, const char **why);

/* What is wrong with a line end of which at is the first byte: "CR without LF" and the like. */
const char *http_fault_of_line_end(const char *at);

/* Is there a tab around the value? Tabs are blanks to the grammar, but not to every parser. Another
 * line has to follow. */
bool http_field_has_tab_around(const char *data, const struct http_field *field);

/* A head of which len bytes are there was incomplete at `scanned` or before: can a parse get
 * further now? It can when the head has been completed, and when a bare LF has come (no such line
 * can end). */
bool http_head_may_end(const char *data, uint32_t scanned, uint32_t len);

/* Takes the next element off a comma-separated list (RFC 9110, 5.6.1), without blanks around it.
 * Returns false when the list is used up. */
bool http_list_next(gr_slice *list, gr_slice *element);

/* Is it that word, in any case? */
static inline bool http_is_word(gr_slice text, const char *word) {
    return gr_slice_equal_nocase(text, gr_slice_of(word));
}

#endif
