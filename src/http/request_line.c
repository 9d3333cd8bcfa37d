/* The request line (RFC 9112, section 3). */
#include "http/octets.h"
#include "http/request_parser.h"

/* SP or a stray byte: what may follow the target, or what of it is wrong. */
static enum http_parse judge_target_end(struct request_parser *parser, const char *target,
                                        const char *stop) {
    if (*stop == '#') return request_refuse(parser, 400, "fragment in the request target");
    if (*stop != ' ') return request_refuse(parser, 400, "illegal byte in the request target");
    if (stop == target) return request_refuse(parser, 400, "more than one space before the target");
    return HTTP_PARSE_DONE;
}

/* Splits the target at its first "?" and leaves *at behind the space that ends it. */
static enum http_parse parse_target(struct request_parser *parser, const char **at,
                                    const char *end) {
    struct http_request_head *head = parser->head;
    const char *target = *at, *path_end = octets_skip_path(target, end), *stop = path_end;

    while (stop < end && *stop == '?') stop = octets_skip_path(stop + 1, end);
    if (stop == end) return HTTP_PARSE_INCOMPLETE;
    if (judge_target_end(parser, target, stop) == HTTP_PARSE_REFUSED) return HTTP_PARSE_REFUSED;

    head->target = request_span(parser, target, stop);
    head->path = request_span(parser, target, path_end);
    head->query = request_span(parser, path_end < stop ? path_end + 1 : stop, stop);
    *at = stop + 1;
    return HTTP_PARSE_DONE;
}

/* The version and the CRLF behind it; leaves *at behind them. */
static enum http_parse parse_version(struct request_parser *parser, const char **at,
                                     const char *end) {
    static const char form[] = "HTTP/0.0\r\n"; /* "0" stands for any digit */
    enum { MAJOR = 5, MINOR = 7, LENGTH = sizeof form - 1 };
    const char *text = *at;

    for (int i = 0; i < LENGTH; i++) {
        if (text + i == end) return HTTP_PARSE_INCOMPLETE;
        if (form[i] == '0' ? !octet_is(text[i], OCTET_DIGIT) : text[i] != form[i])
            return request_refuse(parser, 400, "malformed HTTP version or end of the request line");
    }
    if (text[MAJOR] != '1') return request_refuse(parser, 505, "HTTP version is not 1.x");
    parser->head->minor = text[MINOR] != '0';
    *at = text + LENGTH;
    return HTTP_PARSE_DONE;
}

static bool starts_with(gr_slice text, gr_slice start) {
    return text.len >= start.len && gr_slice_equal_nocase((gr_slice){text.data, start.len}, start);
}

/* Length of "http://" or "https://" at the start of the target, 0 if there is neither. */
static uint32_t scheme_length(gr_slice target) {
    if (starts_with(target, gr_slice_of("http://"))) return 7;
    if (starts_with(target, gr_slice_of("https://"))) return 8;
    return 0;
}

/* Parts the path of "http://host/path" into authority and path. */
static enum http_parse take_absolute_form(struct request_parser *parser, uint32_t scheme) {
    struct http_request_head *head = parser->head;
    gr_slice path = request_slice(parser, head->path);
    const char *slash = memchr(path.data + scheme, '/', path.len - scheme);
    uint32_t authority_end = slash ? (uint32_t)(slash - path.data) : head->path.len;

    head->host = (struct http_span){head->path.at + scheme, authority_end - scheme};
    if (head->host.len == 0 || path.data[scheme] == ':' ||
        !request_is_authority(request_slice(parser, head->host)))
        return request_refuse(parser, 400, "malformed authority in the request target");
    parser->seen |= SEEN_ABSOLUTE_FORM;

    if (slash) {
        head->path.at += authority_end;
        head->path.len -= authority_end;
    } else {
        /* An empty path means "/" (RFC 9110, 4.2.3): the last byte of "http://" is one. */
        head->path.at += scheme - 1;
        head->path.len = 1;
    }
    return HTTP_PARSE_DONE;
}

/* Which of the four forms of RFC 9112, 3.2 is it, and does the method allow it? */
static enum http_parse judge_form(struct request_parser *parser) {
    gr_slice method = request_slice(parser, parser->head->method);
    gr_slice target = request_slice(parser, parser->head->target);

    if (gr_slice_equal(method, gr_slice_of("CONNECT")))
        return request_refuse(parser, 501, "CONNECT is not supported");
    if (target.data[0] == '/') return HTTP_PARSE_DONE;
    if (gr_slice_equal(target, gr_slice_of("*"))) {
        if (gr_slice_equal(method, gr_slice_of("OPTIONS"))) return HTTP_PARSE_DONE;
        return request_refuse(parser, 400, "the target * is for OPTIONS only");
    }
    uint32_t scheme = scheme_length(target);
    if (scheme == 0) return request_refuse(parser, 400, "malformed request target");
    return take_absolute_form(parser, scheme);
}

static enum http_parse parse_within(struct request_parser *parser, const char **at,
                                    const char *end) {
    const char *method = *at, *space = octets_skip(method, end, OCTET_TOKEN);

    if (space == end) return HTTP_PARSE_INCOMPLETE;
    if (*space != ' ' || space == method)
        return request_refuse(parser, 400, "the request line does not start with a method");
    parser->head->method = request_span(parser, method, space);
    *at = space + 1;

    enum http_parse result = parse_target(parser, at, end);
    if (result == HTTP_PARSE_DONE) result = parse_version(parser, at, end);
    if (result == HTTP_PARSE_DONE) result = judge_form(parser);
    return result;
}

enum http_parse request_line_parse(struct request_parser *parser, const char **at, uint32_t max) {
    const size_t room = (size_t)max + 2; /* for CRLF */
    bool cut = (size_t)(parser->end - *at) >= room;
    const char *end = cut ? *at + room : parser->end;
    enum http_parse result = parse_within(parser, at, end);

    if (result == HTTP_PARSE_INCOMPLETE && cut)
        return request_refuse(parser, 414, "request line too long");
    return result;
}
