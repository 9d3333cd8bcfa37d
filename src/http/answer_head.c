#include "http/answer_head.h"

#include "http/octets.h"
#include "http/response_head.h"

enum seen {
    SEEN_CONTENT_LENGTH = 1,
    SEEN_TRANSFER_ENCODING = 2,
    SEEN_CLOSE = 4,      /* Connection: close */
    SEEN_KEEP_ALIVE = 8, /* Connection: keep-alive */
};

struct answer_parser {
    const char *data; /* where the head starts; spans count from here */
    const char *end;  /* of the bytes that are there and inside the limits */
    struct http_answer_head *head;
    unsigned seen; /* of enum seen */
    const char *why;
};

static enum http_parse refuse(struct answer_parser *parser, const char *why) {
    parser->why = why;
    return HTTP_PARSE_REFUSED;
}

static gr_slice slice(const struct answer_parser *parser, struct http_span span) {
    return (gr_slice){parser->data + span.at, span.len};
}

/* ---- the status line ---- */

/* "HTTP/1.1 200", with "0" for any digit. */
static enum http_parse parse_version_and_status(struct answer_parser *parser, const char **at) {
    static const char form[] = "HTTP/0.0 000";
    enum { MAJOR = 5, MINOR = 7, STATUS = 9, LENGTH = sizeof form - 1 };
    const char *text = *at;

    for (int i = 0; i < LENGTH; i++) {
        if (text + i == parser->end) return HTTP_PARSE_INCOMPLETE;
        if (form[i] == '0' ? !octet_is(text[i], OCTET_DIGIT) : text[i] != form[i])
            return refuse(parser, "it does not begin with an HTTP status line");
    }
    if (text[MAJOR] != '1') return refuse(parser, "HTTP version is not 1.x");
    parser->head->minor = text[MINOR] != '0';
    for (int i = STATUS; i < LENGTH; i++)
        parser->head->status = parser->head->status * 10 + (text[i] - '0');
    if (parser->head->status < 100 || parser->head->status > 599)
        return refuse(parser, "status is not from 100 to 599");
    *at = text + LENGTH;
    return HTTP_PARSE_DONE;
}

/* The phrase, which may be left out with the space before it (RFC 9112, 4, wants the space; nobody
 * reads it differently). */
static enum http_parse parse_reason(struct answer_parser *parser, const char **at) {
    const char *end = parser->end, *from = *at;

    if (from == end) return HTTP_PARSE_INCOMPLETE;
    if (*from == ' ')
        from++;
    else if (*from != '\r' && *from != '\n')
        return refuse(parser, "malformed status");
    const char *stop = octets_skip_text(from, end);
    if (stop == end || (*stop == '\r' && stop + 1 == end)) return HTTP_PARSE_INCOMPLETE;
    if (stop[0] != '\r' || stop[1] != '\n') return refuse(parser, http_fault_of_line_end(stop));
    parser->head->reason =
        (struct http_span){(uint32_t)(from - parser->data), (uint32_t)(stop - from)};
    *at = stop + 2;
    return HTTP_PARSE_DONE;
}

/* ---- the fields ---- */

static enum http_parse heed_content_length(struct answer_parser *parser,
                                           const struct http_field *field) {
    if (parser->seen & SEEN_CONTENT_LENGTH) return refuse(parser, "more than one Content-Length");
    parser->seen |= SEEN_CONTENT_LENGTH;
    if (http_field_has_tab_around(parser->data, field))
        return refuse(parser, "tab around Content-Length");
    if (!http_content_length(slice(parser, field->value), &parser->head->content_length))
        return refuse(parser, "malformed Content-Length");
    return HTTP_PARSE_DONE;
}

static enum http_parse heed_transfer_encoding(struct answer_parser *parser,
                                              const struct http_field *field) {
    if (parser->seen & SEEN_TRANSFER_ENCODING)
        return refuse(parser, "more than one Transfer-Encoding");
    parser->seen |= SEEN_TRANSFER_ENCODING;
    if (http_field_has_tab_around(parser->data, field))
        return refuse(parser, "tab around Transfer-Encoding");
    if (!http_is_word(slice(parser, field->value), "chunked"))
        return refuse(parser, "transfer coding other than chunked");
    return HTTP_PARSE_DONE;
}

static enum http_parse heed_connection(struct answer_parser *parser,
                                       const struct http_field *field) {
    gr_slice list = slice(parser, field->value), option;
    while (http_list_next(&list, &option)) {
        if (http_is_word(option, "close")) parser->seen |= SEEN_CLOSE;
        if (http_is_word(option, "keep-alive")) parser->seen |= SEEN_KEEP_ALIVE;
    }
    return HTTP_PARSE_DONE;
}

/* By the length of the name, which alone settles nearly every field. */
static enum http_parse heed(struct answer_parser *parser, const struct http_field *field) {
    gr_slice name = slice(parser, field->name);
    if (name.len == 10 && http_is_word(name, "Connection")) return heed_connection(parser, field);
    if (name.len == 14 && http_is_word(name, "Content-Length"))
        return heed_content_length(parser, field);
    if (name.len == 17 && http_is_word(name, "Transfer-Encoding"))
        return heed_transfer_encoding(parser, field);
    return HTTP_PARSE_DONE;
}

/* ---- the conclusions ---- */

static bool has_body(const struct http_answer_head *head, enum http_asked asked) {
    if (asked == HTTP_ASKED_HEAD || !http_status_has_body(head->status)) return false;
    return asked != HTTP_ASKED_CONNECT || head->status >= 300;
}

static enum http_framing framing_of(const struct answer_parser *parser, enum http_asked asked) {
    if (!has_body(parser->head, asked)) return HTTP_FRAMING_NONE;
    if (parser->seen & SEEN_TRANSFER_ENCODING) return HTTP_FRAMING_CHUNKED;
    if (!(parser->seen & SEEN_CONTENT_LENGTH)) return HTTP_FRAMING_CLOSE;
    return parser->head->content_length ? HTTP_FRAMING_LENGTH : HTTP_FRAMING_NONE;
}

/* Who announces a body where there is none may send it (RFC 9112, 6.3: "cannot contain"). */
static bool is_suspect(const struct answer_parser *parser) {
    return !http_status_has_body(parser->head->status) && parser->head->status != 304 &&
           (parser->seen & SEEN_TRANSFER_ENCODING || parser->head->content_length > 0);
}

static enum http_parse conclude(struct answer_parser *parser, enum http_asked asked) {
    struct http_answer_head *head = parser->head;
    unsigned seen = parser->seen;

    if (seen & SEEN_TRANSFER_ENCODING) {
        if (seen & SEEN_CONTENT_LENGTH)
            return refuse(parser, "both Content-Length and Transfer-Encoding");
        if (head->minor == 0) return refuse(parser, "Transfer-Encoding from an HTTP/1.0 server");
    }
    head->framing = framing_of(parser, asked);
    head->keep_alive = !(seen & SEEN_CLOSE) && (head->minor >= 1 || seen & SEEN_KEEP_ALIVE) &&
                       head->framing != HTTP_FRAMING_CLOSE && !is_suspect(parser);
    return HTTP_PARSE_DONE;
}

static enum http_parse parse_fields(struct answer_parser *parser, const char **at, uint32_t max,
                                    struct http_field *fields) {
    uint32_t count = 0;

    for (; *at < parser->end && **at != '\r'; count++) {
        if (count == max) return refuse(parser, "too many fields");
        enum http_parse result =
            http_field_parse(parser->data, at, parser->end, &fields[count], &parser->why);
        if (result == HTTP_PARSE_DONE) result = heed(parser, &fields[count]);
        if (result != HTTP_PARSE_DONE) return result;
    }
    if (parser->end - *at < 2) return HTTP_PARSE_INCOMPLETE;
    if ((*at)[1] != '\n') return refuse(parser, http_fault_of_line_end(*at));
    *at += 2;
    parser->head->field_count = count;
    return HTTP_PARSE_DONE;
}

static enum http_parse parse_all(struct answer_parser *parser, enum http_asked asked,
                                 const struct http_answer_limits *limits,
                                 struct http_field *fields) {
    const char *at = parser->data;

    *parser->head = (struct http_answer_head){.content_length = -1};
    enum http_parse result = parse_version_and_status(parser, &at);
    if (result == HTTP_PARSE_DONE) result = parse_reason(parser, &at);
    if (result == HTTP_PARSE_DONE) result = parse_fields(parser, &at, limits->fields, fields);
    if (result == HTTP_PARSE_DONE) result = conclude(parser, asked);
    if (result == HTTP_PARSE_INCOMPLETE && parser->end - parser->data == limits->head)
        return refuse(parser, "head too large");
    parser->head->size = (uint32_t)(at - parser->data);
    return result;
}

enum http_parse http_answer_parse(const char *data, size_t len, enum http_asked asked,
                                  const struct http_answer_limits *limits,
                                  struct http_answer_head *head, struct http_field *fields,
                                  uint32_t *scanned, const char **why) {
    uint32_t window = len < limits->head ? (uint32_t)len : limits->head;
    uint32_t before = *scanned;

    *scanned = window;
    if (before > 0 && window < limits->head && !http_head_may_end(data, before, window))
        return HTTP_PARSE_INCOMPLETE;

    struct answer_parser parser = {.data = data, .end = data + window, .head = head};
    enum http_parse result = parse_all(&parser, asked, limits, fields);
    if (result == HTTP_PARSE_REFUSED) *why = parser.why;
    return result;
}
