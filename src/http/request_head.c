#include "http/request_head.h"

#include "http/request_parser.h"

/* Parses field lines from *at on and leaves *at behind the empty line that ends them. */
static enum http_parse parse_fields(struct request_parser *parser, const char **at, uint32_t max,
                                    struct http_field *fields) {
    uint32_t count = 0;

    for (; *at < parser->end && **at != '\r'; count++) {
        if (count == max) return request_refuse(parser, 431, "too many fields");
        const char *why;
        enum http_parse result =
            http_field_parse(parser->data, at, parser->end, &fields[count], &why);
        if (result == HTTP_PARSE_REFUSED) return request_refuse(parser, 400, why);
        if (result == HTTP_PARSE_DONE) result = request_field_heed(parser, &fields[count]);
        if (result != HTTP_PARSE_DONE) return result;
    }
    if (parser->end - *at < 2) return HTTP_PARSE_INCOMPLETE;
    if ((*at)[1] != '\n') return request_refuse(parser, 400, http_fault_of_line_end(*at));
    *at += 2;
    parser->head->field_count = count;
    return request_fields_conclude(parser);
}

/* An empty line before the request line comes from clients that end a body with one too many
 * (RFC 9112, 2.2). */
static enum http_parse skip_empty_line(struct request_parser *parser, const char **at) {
    if (*at == parser->end) return HTTP_PARSE_INCOMPLETE;
    if (**at != '\r') return HTTP_PARSE_DONE;
    if (*at + 1 == parser->end) return HTTP_PARSE_INCOMPLETE;
    if ((*at)[1] != '\n') return request_refuse(parser, 400, http_fault_of_line_end(*at));
    *at += 2;
    return HTTP_PARSE_DONE;
}

static enum http_parse parse_all(struct request_parser *parser, const struct http_limits *limits,
                                 struct http_field *fields) {
    const char *at = parser->data;

    memset(parser->head, 0, sizeof *parser->head);
    enum http_parse result = skip_empty_line(parser, &at);
    if (result == HTTP_PARSE_DONE) result = request_line_parse(parser, &at, limits->request_line);
    if (result == HTTP_PARSE_DONE) result = parse_fields(parser, &at, limits->fields, fields);
    if (result == HTTP_PARSE_INCOMPLETE && parser->end - parser->data == limits->head)
        return request_refuse(parser, 431, "head too large");
    parser->head->size = (uint32_t)(at - parser->data);
    return result;
}

/* Can a parse get further than the one that ran out of bytes at `scanned` or before? */
static bool worth_parsing(const char *data, uint32_t scanned, uint32_t len,
                          const struct http_limits *limits) {
    size_t line_limit = (size_t)limits->request_line + 4; /* an empty line before, CRLF behind */

    if (len == limits->head || (scanned < line_limit && len >= line_limit)) return true;
    return http_head_may_end(data, scanned, len);
}

enum http_parse http_request_parse(const char *data, size_t len, const struct http_limits *limits,
                                   struct http_request_head *head, struct http_field *fields,
                                   uint32_t *scanned, int *status, const char **why) {
    uint32_t window = len < limits->head ? (uint32_t)len : limits->head;
    uint32_t before = *scanned;

    /* Nearly every head comes whole, and then the first look is the only one. One that does not is
     * not looked at again before it can be told. */
    *scanned = window;
    if (before > 0 && !worth_parsing(data, before, window, limits)) return HTTP_PARSE_INCOMPLETE;

    struct request_parser parser = {
        .data = data, .end = data + window, .head = head, .limits = limits};
    enum http_parse result = parse_all(&parser, limits, fields);
    if (result == HTTP_PARSE_REFUSED) {
        *status = parser.status;
        *why = parser.why;
    }
    return result;
}
