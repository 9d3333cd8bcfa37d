/* However a head is cut into pieces, the verdict is the same; and what is accepted is sound. */
#include <assert.h>
#include <stdlib.h>

#include "http/answer_head.h"
#include "http/octets.h"

enum { FIELDS = 16 };

struct verdict {
    enum http_parse result;
    struct http_answer_head head;
    struct http_field fields[FIELDS];
    const char *why;
};

/* Shows growing parts of the data, each step bytes longer, in memory of exactly their size. */
static void parse(struct verdict *v, const char *data, size_t len, size_t step,
                  enum http_asked asked, const struct http_answer_limits *limits) {
    uint32_t scanned = 0;
    size_t shown = 0;

    memset(v, 0, sizeof *v);
    while (v->result == HTTP_PARSE_INCOMPLETE && shown < len) {
        shown = step < len - shown ? shown + step : len;
        char *copy = malloc(shown);
        memcpy(copy, data, shown);
        v->result =
            http_answer_parse(copy, shown, asked, limits, &v->head, v->fields, &scanned, &v->why);
        free(copy);
    }
}

static void check_span(struct http_span span, uint32_t size, const char *data) {
    assert(span.at <= size && span.len <= size - span.at);
    const char *from = data + span.at, *to = from + span.len;
    assert(span.len == 0 || octets_skip_text(from, to) == to);
}

static void check_accepted(const struct verdict *v, const char *data, size_t len,
                           const struct http_answer_limits *limits) {
    const struct http_answer_head *head = &v->head;

    assert(head->size <= len && head->size <= limits->head);
    assert(memcmp(data + head->size - 4, "\r\n\r\n", 4) == 0 ||
           (head->field_count == 0 && memcmp(data + head->size - 2, "\r\n", 2) == 0));
    assert(head->field_count <= limits->fields);
    assert(head->minor <= 1 && head->content_length >= -1);
    assert(head->status >= 100 && head->status <= 599);
    assert(head->framing != HTTP_FRAMING_CHUNKED || (head->content_length < 0 && head->minor));
    assert(head->framing != HTTP_FRAMING_LENGTH || head->content_length > 0);
    assert(head->framing != HTTP_FRAMING_CLOSE || !head->keep_alive);
    assert(head->status >= 200 || head->framing == HTTP_FRAMING_NONE);
    check_span(head->reason, head->size, data);
    for (uint32_t i = 0; i < head->field_count; i++) {
        check_span(v->fields[i].name, head->size, data);
        check_span(v->fields[i].value, head->size, data);
        assert(v->fields[i].name.len > 0);
    }
}

/* Pieces may have to wait for the end of a head that is refused at once when it comes whole. */
static void check_agreement(const struct verdict *whole, const struct verdict *pieces) {
    if (pieces->result == HTTP_PARSE_INCOMPLETE) {
        assert(whole->result != HTTP_PARSE_DONE);
        return;
    }
    assert(pieces->result == whole->result);
    if (whole->result != HTTP_PARSE_DONE) return;
    assert(memcmp(&whole->head, &pieces->head, sizeof whole->head) == 0);
    assert(memcmp(whole->fields, pieces->fields, whole->head.field_count * sizeof *whole->fields) ==
           0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte chooses limits and what was asked, the second the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const struct http_answer_limits limits = {.fields = bytes[0] & 1 ? 2 : FIELDS,
                                              .head = bytes[0] & 2 ? 100 : 2000};
    enum http_asked asked = (enum http_asked)((bytes[0] >> 2) % 3);
    const char *data = (const char *)bytes + 2;
    size_t len = size - 2;
    struct verdict whole, pieces;

    parse(&whole, data, len, len, asked, &limits);
    parse(&pieces, data, len, 1 + bytes[1] % 64, asked, &limits);
    check_agreement(&whole, &pieces);
    if (whole.result == HTTP_PARSE_DONE) check_accepted(&whole, data, len, &limits);
    return 0;
}
