/* Host and port as they stand in Host and in absolute targets (RFC 3986, 3.2). */
#include "http/octets.h"
#include "http/request_parser.h"

/* The end of "[v6 address]", NULL if it is none. Its inside is checked for its alphabet only. */
static const char *skip_ip_literal(const char *at, const char *end) {
    const char *digits = ++at;
    while (at < end && (octet_is(*at, OCTET_HEX) || *at == ':' || *at == '.')) at++;
    return at > digits && at < end && *at == ']' ? at + 1 : NULL;
}

static bool is_port(const char *at, const char *end) {
    unsigned port = 0;
    for (; at < end; at++) {
        if (!octet_is(*at, OCTET_DIGIT)) return false;
        port = port * 10 + octet_hex(*at);
        if (port > UINT16_MAX) return false;
    }
    return true;
}

bool request_is_authority(gr_slice text) {
    const char *at = text.data, *end = at + text.len;
    if (text.len == 0) return true;
    at = *at == '[' ? skip_ip_literal(at, end) : octets_skip(at, end, OCTET_REG_NAME);
    if (!at) return false;
    return at == end || (*at == ':' && is_port(at + 1, end));
}
