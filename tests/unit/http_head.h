/* Parsing of sample heads in every way they may arrive. Include cmocka.h first. */
#ifndef TESTS_HTTP_HEAD_H
#define TESTS_HTTP_HEAD_H

#include <stdlib.h>

#include "http/request_head.h"

enum { SAMPLE_FIELDS_MAX = 64 };

static const struct http_limits sample_limits = {
    .request_line = 1024, .fields = SAMPLE_FIELDS_MAX, .head = 4096};

struct parsed {
    gr_slice text; /* what was parsed */
    enum http_parse result;
    struct http_request_head head;
    struct http_field fields[SAMPLE_FIELDS_MAX];
    uint32_t scanned;
    int status;
    const char *why;
};

/* A literal, NUL bytes in it included. */
#define BYTES(literal) ((gr_slice){literal, sizeof literal - 1})

/* Shows the parser the first len bytes of the text, in memory of exactly that size, so that the
 * address sanitizer sees a byte too many being read. */
static inline void show(struct parsed *parsed, size_t len, const struct http_limits *limits) {
    char *copy = malloc(len ? len : 1);
    memcpy(copy, parsed->text.data, len);
    parsed->result = http_request_parse(copy, len, limits, &parsed->head, parsed->fields,
                                        &parsed->scanned, &parsed->status, &parsed->why);
    free(copy);
}

static inline struct parsed parse_whole(gr_slice text, const struct http_limits *limits) {
    struct parsed parsed = {.text = text};
    show(&parsed, text.len, limits);
    return parsed;
}

/* In pieces of step bytes, the first of them first bytes long, until there is a verdict. */
static inline struct parsed parse_pieces(gr_slice text, const struct http_limits *limits,
                                         size_t first, size_t step) {
    struct parsed parsed = {.text = text};
    for (size_t len = first; parsed.result == HTTP_PARSE_INCOMPLETE; len += step) {
        show(&parsed, len < text.len ? len : text.len, limits);
        if (len >= text.len) break;
    }
    return parsed;
}

static inline void assert_same_verdict(const struct parsed *a, const struct parsed *b) {
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->status, b->status);
    if (a->result != HTTP_PARSE_DONE) return;
    assert_memory_equal(&a->head, &b->head, sizeof a->head);
    assert_memory_equal(a->fields, b->fields, a->head.field_count * sizeof *a->fields);
}

/* Parses whole, byte by byte and in two pieces cut anywhere: the verdicts must not differ. */
static inline struct parsed parse_within(gr_slice text, const struct http_limits *limits) {
    struct parsed whole = parse_whole(text, limits);
    struct parsed bytes = parse_pieces(text, limits, 0, 1);
    assert_same_verdict(&whole, &bytes);
    for (size_t first = 1; first < text.len; first++) {
        struct parsed pieces = parse_pieces(text, limits, first, text.len);
        assert_same_verdict(&whole, &pieces);
    }
    return whole;
}

static inline struct parsed parse(gr_slice text) { return parse_within(text, &sample_limits); }

static inline struct parsed parse_valid(gr_slice text) {
    struct parsed parsed = parse(text);
    if (parsed.result == HTTP_PARSE_REFUSED) print_message("%s\n", parsed.why);
    assert_int_equal(parsed.result, HTTP_PARSE_DONE);
    return parsed;
}

static inline void assert_refused(const struct parsed *parsed, int status) {
    assert_int_equal(parsed->result, HTTP_PARSE_REFUSED);
    assert_int_equal(parsed->status, status);
    assert_non_null(parsed->why);
}

static inline void assert_span(const struct parsed *parsed, struct http_span span,
                               const char *expected) {
    gr_slice found = {parsed->text.data + span.at, span.len};
    if (!gr_slice_equal(found, gr_slice_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)found.len, found.data, expected);
}

#endif
