/* The fields of a request that the server itself must understand: Host, Connection, Expect, and
 * those that say where the body ends (RFC 9112, section 6). */
#include "http/request_parser.h"
#include "http/response_head.h"

static enum http_parse heed_host(struct request_parser *parser, const struct http_field *field) {
    if (parser->seen & SEEN_HOST) return request_refuse(parser, 400, "more than one Host");
    parser->seen |= SEEN_HOST;
    if (!request_is_authority(request_slice(parser, field->value)))
        return request_refuse(parser, 400, "malformed Host");
    /* RFC 9112, 3.2 wants both to be the same; 3.2.2 would have Host ignored, which not everybody
     * behind us may do. */
    if (parser->seen & SEEN_ABSOLUTE_FORM &&
        !gr_slice_equal_nocase(request_slice(parser, field->value),
                               request_slice(parser, parser->head->host)))
        return request_refuse(parser, 400, "Host is not that of the request target");
    parser->head->host = field->value;
    return HTTP_PARSE_DONE;
}

static enum http_parse heed_content_length(struct request_parser *parser,
                                           const struct http_field *field) {
    if (parser->seen & SEEN_CONTENT_LENGTH)
        return request_refuse(parser, 400, "more than one Content-Length");
    parser->seen |= SEEN_CONTENT_LENGTH;
    if (http_field_has_tab_around(parser->data, field))
        return request_refuse(parser, 400, "tab around Content-Length");
    if (!http_content_length(request_slice(parser, field->value), &parser->head->content_length))
        return request_refuse(parser, 400, "malformed Content-Length");
    return HTTP_PARSE_DONE;
}

/* A well-formed list of codings that is not just "chunked" is a request for something we lack; any
 * other value is an attempt to have it read differently by another parser. */
static enum http_parse heed_transfer_encoding(struct request_parser *parser,
                                              const struct http_field *field) {
    gr_slice list = request_slice(parser, field->value), coding;

    if (parser->seen & SEEN_TRANSFER_ENCODING)
        return request_refuse(parser, 400, "more than one Transfer-Encoding");
    parser->seen |= SEEN_TRANSFER_ENCODING;
    if (http_field_has_tab_around(parser->data, field))
        return request_refuse(parser, 400, "tab around Transfer-Encoding");
    parser->head->chunked = http_is_word(list, "chunked");
    if (parser->head->chunked) return HTTP_PARSE_DONE;
    while (http_list_next(&list, &coding))
        if (!http_is_token(coding))
            return request_refuse(parser, 400, "malformed Transfer-Encoding");
    return request_refuse(parser, 501, "transfer coding other than chunked");
}

static enum http_parse heed_connection(struct request_parser *parser,
                                       const struct http_field *field) {
    gr_slice list = request_slice(parser, field->value), option;
    while (http_list_next(&list, &option)) {
        if (http_is_word(option, "close")) parser->seen |= SEEN_CLOSE;
        if (http_is_word(option, "keep-alive")) parser->seen |= SEEN_KEEP_ALIVE;
    }
    return HTTP_PARSE_DONE;
}

static enum http_parse heed_expect(struct request_parser *parser, const struct http_field *field) {
    if (!http_is_word(request_slice(parser, field->value), "100-continue"))
        return request_refuse(parser, 417, "expectation other than 100-continue");
    parser->seen |= SEEN_EXPECT_CONTINUE;
    return HTTP_PARSE_DONE;
}

typedef enum http_parse heed_function(struct request_parser *, const struct http_field *);

/* By the length of the name, which alone settles nearly every field. */
static const struct {
    const char *name;
    heed_function *heed;
} known[] = {
    [4] = {"Host", heed_host},
    [6] = {"Expect", heed_expect},
    [10] = {"Connection", heed_connection},
    [14] = {"Content-Length", heed_content_length},
    [17] = {"Transfer-Encoding", heed_transfer_encoding},
};

enum http_parse request_field_heed(struct request_parser *parser, const struct http_field *field) {
    uint32_t len = field->name.len;
    if (len >= sizeof known / sizeof *known || !known[len].name) return HTTP_PARSE_DONE;
    if (!http_is_word(request_slice(parser, field->name), known[len].name)) return HTTP_PARSE_DONE;
    return known[len].heed(parser, field);
}

enum http_parse request_fields_conclude(struct request_parser *parser) {
    struct http_request_head *head = parser->head;
    unsigned seen = parser->seen;

    if (head->minor >= 1 && !(seen & SEEN_HOST)) return request_refuse(parser, 400, "no Host");
    if (seen & SEEN_TRANSFER_ENCODING) {
        if (seen & SEEN_CONTENT_LENGTH)
            return request_refuse(parser, 400, "both Content-Length and Transfer-Encoding");
        if (head->minor == 0)
            return request_refuse(parser, 400, "Transfer-Encoding from an HTTP/1.0 client");
    }
    if (parser->limits->body && head->content_length > parser->limits->body)
        return request_refuse(parser, 413, "body too large");
    head->keep_alive = !(seen & SEEN_CLOSE) && (head->minor >= 1 || seen & SEEN_KEEP_ALIVE);
    head->expect_continue = seen & SEEN_EXPECT_CONTINUE && head->minor >= 1 &&
                            (head->chunked || head->content_length > 0);
    return HTTP_PARSE_DONE;
}
