#include "http/request_head.h"

#include "http/octets.h"
#include "http/request_parser.h"

static const char *fault_of_name(const char *line, const char *stop) {
    if (octet_is_blank(*line)) return "folded field line";
    if (stop == line) return "empty field name";
    if (octet_is_blank(*stop)) return "blank in or behind a field name";
    if (*stop == '\r' || *stop == '\n') return "field line without a colon";
    return "illegal byte in a field name";
}

static const char *fault_of_value(const char *stop) {
    if (*stop == '\r') return "CR without LF";
    if (*stop == '\n') return "LF without CR";
    return "control character in a field value";
}

/* Parses the field line at *at and leaves *at behind its CRLF. */
static enum http_parse parse_field(struct request_parser *parser, const char **at,
                                   struct http_field *field) {
    const char *line = *at, *end = parser->end;
    const char *colon = octets_skip(line, end, OCTET_TOKEN);

    if (colon == end) return HTTP_PARSE_INCOMPLETE;
    if (*colon != ':' || colon == line)
        return request_refuse(parser, 400, fault_of_name(line, colon));

    const char *value = octets_skip_blanks(colon + 1, end);
    const char *stop = octets_skip_text(value, end);
    if (stop == end || (*stop == '\r' && stop + 1 == end)) return HTTP_PARSE_INCOMPLETE;
    if (stop[0] != '\r' || stop[1] != '\n')
        return request_refuse(parser, 400, fault_of_value(stop));

    *at = stop + 2;
    while (stop > value && octet_is_blank(stop[-1])) stop--;
    field->name = request_span(parser, line, colon);
    field->value = request_span(parser, value, stop);
    return request_field_heed(parser, field);
}

/* Parses field lines from *at on and leaves *at behind the empty line that ends them. */
static enum http_parse parse_fields(struct request_parser *parser, const char **at, uint32_t max,
                                    struct http_field *fields) {
    uint32_t count = 0;

    for (; *at < parser->end && **at != '\r'; count++) {
        if (count == max) return request_refuse(parser, 431, "too many fields");
        enum http_parse result = parse_field(parser, at, &fields[count]);
        if (result != HTTP_PARSE_DONE) return result;
    }
    if (parser->end - *at < 2) return HTTP_PARSE_INCOMPLETE;
    if ((*at)[1] != '\n') return request_refuse(parser, 400, fault_of_value(*at));
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
    if ((*at)[1] != '\n') return request_refuse(parser, 400, fault_of_value(*at));
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

/* Can a parse get further than the one that ran out of bytes at `scanned` or before? It can when
 * the head has been completed, when a bare LF has come (no such line can end), and when a limit has
 * been reached. */
static bool worth_parsing(const char *data, uint32_t scanned, uint32_t len,
                          const struct http_limits *limits) {
    size_t line_limit = (size_t)limits->request_line + 4; /* an empty line before, CRLF behind */

    if (len == limits->head || (scanned < line_limit && len >= line_limit)) return true;
    for (const char *at = data + scanned, *end = data + len; at < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) return false;
        if (at == data || at[-1] != '\r') return true;
        if (at - data >= 3 && at[-2] == '\n') return true;
    }
    return false;
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
