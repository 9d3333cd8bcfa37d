#include "server/peer.h"

#include <arpa/inet.h>

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

int peer_port(const union peer *peer) {
    if (peer->family == AF_INET) return ntohs(peer->v4.sin_port);
    return peer->family == AF_INET6 ? ntohs(peer->v6.sin6_port) : 0;
}

bool peer_is_any(const union peer *peer) {
    if (peer->family == AF_INET) return peer->v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return peer->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&peer->v6.sin6_addr);
}
