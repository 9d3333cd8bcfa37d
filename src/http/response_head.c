#include "http/response_head.h"

#include "http/octets.h"

/* The IANA registry of status codes. */
static const char *const reasons[] = {
    [100] = "Continue",
    [101] = "Switching Protocols",
    [102] = "Processing",
    [103] = "Early Hints",
    [200] = "OK",
    [201] = "Created",
    [202] = "Accepted",
    [203] = "Non-Authoritative Information",
    [204] = "No Content",
    [205] = "Reset Content",
    [206] = "Partial Content",
    [207] = "Multi-Status",
    [208] = "Already Reported",
    [226] = "IM Used",
    [300] = "Multiple Choices",
    [301] = "Moved Permanently",
    [302] = "Found",
    [303] = "See Other",
    [304] = "Not Modified",
    [305] = "Use Proxy",
    [307] = "Temporary Redirect",
    [308] = "Permanent Redirect",
    [400] = "Bad Request",
    [401] = "Unauthorized",
    [402] = "Payment Required",
    [403] = "Forbidden",
    [404] = "Not Found",
    [405] = "Method Not Allowed",
    [406] = "Not Acceptable",
    [407] = "Proxy Authentication Required",
    [408] = "Request Timeout",
    [409] = "Conflict",
    [410] = "Gone",
    [411] = "Length Required",
    [412] = "Precondition Failed",
    [413] = "Content Too Large",
    [414] = "URI Too Long",
    [415] = "Unsupported Media Type",
    [416] = "Range Not Satisfiable",
    [417] = "Expectation Failed",
    [421] = "Misdirected Request",
    [422] = "Unprocessable Content",
    [423] = "Locked",
    [424] = "Failed Dependency",
    [425] = "Too Early",
    [426] = "Upgrade Required",
    [428] = "Precondition Required",
    [429] = "Too Many Requests",
    [431] = "Request Header Fields Too Large",
    [451] = "Unavailable For Legal Reasons",
    [500] = "Internal Server Error",
    [501] = "Not Implemented",
    [502] = "Bad Gateway",
    [503] = "Service Unavailable",
    [504] = "Gateway Timeout",
    [505] = "HTTP Version Not Supported",
    [506] = "Variant Also Negotiates",
    [507] = "Insufficient Storage",
    [508] = "Loop Detected",
    [510] = "Not Extended",
    [511] = "Network Authentication Required",
};

const char *http_reason(int status) {
    const size_t count = sizeof reasons / sizeof *reasons;
    const char *reason = status >= 0 && (size_t)status < count ? reasons[status] : NULL;
    return reason ? reason : "Unknown";
}

bool http_is_token(gr_slice text) {
    if (text.len == 0) return false;
    const char *end = text.data + text.len;
    return octets_skip(text.data, end, OCTET_TOKEN) == end;
}

bool http_is_field_value(gr_slice text) {
    if (text.len == 0) return true;
    const char *end = text.data + text.len;
    return octets_skip_text(text.data, end) == end;
}

enum http_field_kind http_field_kind(gr_slice name) {
    static const struct {
        gr_slice name;
        enum http_field_kind kind;
    } kept[] = {
        {{"Content-Length", 14}, HTTP_FIELD_CONTENT_LENGTH},
        {{"Date", 4}, HTTP_FIELD_DATE},
        {{"Connection", 10}, HTTP_FIELD_HOP_BY_HOP},
        {{"Keep-Alive", 10}, HTTP_FIELD_HOP_BY_HOP},
        {{"Proxy-Authenticate", 18}, HTTP_FIELD_HOP_BY_HOP},
        {{"Proxy-Authorization", 19}, HTTP_FIELD_HOP_BY_HOP},
        {{"TE", 2}, HTTP_FIELD_HOP_BY_HOP},
        {{"Trailer", 7}, HTTP_FIELD_HOP_BY_HOP},
        {{"Trailers", 8}, HTTP_FIELD_HOP_BY_HOP},
        {{"Transfer-Encoding", 17}, HTTP_FIELD_HOP_BY_HOP},
        {{"Upgrade", 7}, HTTP_FIELD_HOP_BY_HOP},
    };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (name.len == kept[i].name.len && gr_slice_equal_nocase(name, kept[i].name))
            return kept[i].kind;
    return HTTP_FIELD_PLAIN;
}

bool http_content_length(gr_slice text, int64_t *value) {
    int64_t sum = 0;

    if (text.len == 0) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!octet_is(text.data[i], OCTET_DIGIT)) return false;
        if (__builtin_mul_overflow(sum, 10, &sum)) return false;
        if (__builtin_add_overflow(sum, text.data[i] - '0', &sum)) return false;
    }
    *value = sum;
    return true;
}

bool http_status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }
