/* However a head is cut into pieces, the verdict is the same; and what is accepted is sound. */
#include <assert.h>
#include <stdlib.h>

#include "http/octets.h"
#include "http/request_head.h"

enum { FIELDS = 16 };

struct verdict {
    enum http_parse result;
    struct http_request_head head;
    struct http_field fields[FIELDS];
    int status;
    const char *why;
};

/* Shows growing parts of the data, each step bytes longer, in memory of exactly their size. */
static void parse(struct verdict *v, const char *data, size_t len, size_t step,
                  const struct http_limits *limits) {
    uint32_t scanned = 0;
    size_t shown = 0;

    memset(v, 0, sizeof *v);
    while (v->result == HTTP_PARSE_INCOMPLETE && shown < len) {
        shown = step < len - shown ? shown + step : len;
        char *copy = malloc(shown);
        memcpy(copy, data, shown);
        v->result = http_request_parse(copy, shown, limits, &v->head, v->fields, &scanned,
                                       &v->status, &v->why);
        free(copy);
    }
}

static void check_span(struct http_span span, uint32_t size, const char *data) {
    assert(span.at <= size && span.len <= size - span.at);
    const char *from = data + span.at, *to = from + span.len;
    assert(span.len == 0 || octets_skip_text(from, to) == to);
}

static void check_accepted(const struct verdict *v, const char *data, size_t len,
                           const struct http_limits *limits) {
    const struct http_request_head *head = &v->head;

    assert(head->size <= len && head->size <= limits->head);
    assert(memcmp(data + head->size - 4, "\r\n\r\n", 4) == 0);
    assert(head->field_count <= limits->fields);
    assert(head->minor <= 1 && head->content_length >= 0);
    assert(!head->chunked || (head->content_length == 0 && head->minor == 1));
    assert(head->method.len > 0 && head->target.len > 0);
    assert(data[head->path.at] == '/' || (head->path.len == 1 && data[head->path.at] == '*'));
    const struct http_span spans[] = {head->method, head->target, head->path, head->query,
                                      head->host};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        check_span(spans[i], head->size, data);
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
    assert(pieces->result == whole->result && pieces->status == whole->status);
    if (whole->result != HTTP_PARSE_DONE) return;
    assert(memcmp(&whole->head, &pieces->head, sizeof whole->head) == 0);
    assert(memcmp(whole->fields, pieces->fields, whole->head.field_count * sizeof *whole->fields) ==
           0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte chooses the limits, the second the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const struct http_limits limits = {.request_line = bytes[0] & 1 ? 40 : 1000,
                                       .fields = bytes[0] & 2 ? 2 : FIELDS,
                                       .head = bytes[0] & 4 ? 100 : 2000};
    const char *data = (const char *)bytes + 2;
    size_t len = size - 2;
    struct verdict whole, pieces;

    parse(&whole, data, len, len, &limits);
    parse(&pieces, data, len, 1 + bytes[1] % 64, &limits);
    check_agreement(&whole, &pieces);
    if (whole.result == HTTP_PARSE_DONE) check_accepted(&whole, data, len, &limits);
    if (len > 2 && memmem(data + 2, len - 2, "\r\n\r\n", 4))
        assert(whole.result != HTTP_PARSE_INCOMPLETE && pieces.result != HTTP_PARSE_INCOMPLETE);
    return 0;
}
