#include "server/peer.h"

#include <arpa/inet.h>

#include "http/forwarded.h"
#include "http/octets.h"

static char *put_octet(char *at, unsigned octet) {
    if (octet >= 100) *at++ = (char)('0' + octet / 100);
    if (octet >= 10) *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

static size_t v4_text(const unsigned char octets[4], char *out) {
    char *at = out;
    for (int i = 0; i < 4; i++) {
        if (i) *at++ = '.';
        at = put_octet(at, octets[i]);
    }
    return (size_t)(at - out);
}

size_t peer_text(const union peer *peer, char out[PEER_TEXT_MAX]) {
    if (peer->family == AF_INET) return v4_text((const unsigned char *)&peer->v4.sin_addr, out);
    if (peer->family != AF_INET6) return 0;
    const struct in6_addr *address = &peer->v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address)) return v4_text(address->s6_addr + 12, out);
    char text[PEER_TEXT_MAX];
    inet_ntop(AF_INET6, address, text, sizeof text);
    size_t len = strlen(text);
    memcpy(out, text, len);
    return len;
}

bool peer_has_address(const union peer *peer) {
    return peer->family == AF_INET || peer->family == AF_INET6;
}

int peer_port(const union peer *peer) {
    if (peer->family == AF_INET) return ntohs(peer->v4.sin_port);
    return peer->family == AF_INET6 ? ntohs(peer->v6.sin6_port) : 0;
}

const void *peer_address(const union peer *peer) {
    if (peer->family == AF_INET) return &peer->v4.sin_addr;
    return peer->family == AF_INET6 ? &peer->v6.sin6_addr : NULL;
}

/* "_" and what may stand behind it in a hidden node or port. */
static bool is_hidden(gr_slice text) {
    if (text.len < 2 || *text.data != '_') return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];
        if (!octet_is(c, OCTET_REG_NAME) || memchr("~!$&'()*+,;=", c, 12)) return false;
    }
    return true;
}

/* Parts "node:port"; port->data is NULL where there is none. Colons in brackets, or several, are of
 * an IPv6 address. */
static void split(gr_slice text, gr_slice *name, gr_slice *port) {
    const char *end = text.data + text.len, *colon = end;
    int colons = 0;
    for (const char *at = text.data; at < end; at++) {
        if (*at == ']') colons = 0;
        if (*at != ':') continue;
        colons++;
        colon = at;
    }
    if (colons != 1) colon = end;
    *name = (gr_slice){text.data, (size_t)(colon - text.data)};
    *port = colon < end ? (gr_slice){colon + 1, (size_t)(end - colon - 1)} : (gr_slice){NULL, 0};
}

static bool address_parse(gr_slice name, uint16_t port, union peer *peer) {
    char text[INET6_ADDRSTRLEN + 1];
    bool literal = name.len > 2 && *name.data == '[' && name.data[name.len - 1] == ']';
    if (literal) name = (gr_slice){name.data + 1, name.len - 2};
    if (name.len >= sizeof text || memchr(name.data, '\0', name.len)) return false;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (!literal && inet_pton(AF_INET, text, &peer->v4.sin_addr) == 1) {
        peer->v4.sin_family = AF_INET;
        peer->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &peer->v6.sin6_addr) != 1) return false;
    peer->v6.sin6_family = AF_INET6;
    peer->v6.sin6_port = htons(port);
    return true;
}

bool peer_parse(gr_slice text, union peer *peer) {
    gr_slice name, port;
    split(text, &name, &port);
    int number = port.data && !is_hidden(port) ? forwarded_port(port) : 0;
    if (number < 0) return false;
    *peer = (union peer){.v6 = {.sin6_family = AF_UNSPEC}};
    if (gr_slice_equal_nocase(name, gr_slice_of("unknown")) || is_hidden(name)) return true;
    return address_parse(name, (uint16_t)number, peer);
}

bool peer_is_any(const union peer *peer) {
    if (peer->family == AF_INET) return peer->v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return peer->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&peer->v6.sin6_addr);
}
