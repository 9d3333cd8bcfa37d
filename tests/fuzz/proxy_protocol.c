/* A header is judged in the same way however it is cut into pieces, no byte behind the addresses
 * changes it, and what is written as a header is read as it was meant. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/proxy_protocol.h"

static bool same_peer(const union peer *a, const union peer *b) {
    char text_a[PEER_TEXT_MAX], text_b[PEER_TEXT_MAX];
    size_t len = peer_text(a, text_a);
    return len == peer_text(b, text_b) && memcmp(text_a, text_b, len) == 0 &&
           peer_port(a) == peer_port(b) && a->family == b->family;
}

/* On a copy of exactly that size, so that reading beyond it is found. */
static enum proxy_protocol parse(const char *data, size_t len, struct proxy_header *header) {
    char *copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    enum proxy_protocol result = proxy_protocol_parse(copy, len, header);
    free(copy);
    return result;
}

static void check_pieces(const char *data, size_t len) {
    struct proxy_header whole, part;
    enum proxy_protocol result = parse(data, len, &whole);
    enum proxy_protocol first = PROXY_PROTOCOL_INCOMPLETE;
    size_t have = 0;
    while (first == PROXY_PROTOCOL_INCOMPLETE && have <= len) first = parse(data, have++, &part);
    assert(first == result);
    if (result == PROXY_PROTOCOL_INCOMPLETE) assert(len < PROXY_PROTOCOL_READ_MAX);
    if (result != PROXY_PROTOCOL_DONE) return;
    assert(have - 1 <= PROXY_PROTOCOL_READ_MAX && have - 1 <= part.size);
    assert(whole.size == part.size && whole.local == part.local);
    assert(same_peer(&whole.source, &part.source));
    assert(same_peer(&whole.destination, &part.destination));
    assert(!whole.local || whole.source.family == AF_UNSPEC);
}

static void check_line(const uint8_t *bytes) {
    char line[128], source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
    uint16_t ports[2];
    struct proxy_header header;
    memcpy(ports, bytes + 32, sizeof ports);
    inet_ntop(AF_INET6, bytes, source, sizeof source);
    inet_ntop(AF_INET6, bytes + 16, destination, sizeof destination);
    int len = snprintf(line, sizeof line, "PROXY TCP6 %s %s %d %d\r\n", source, destination,
                       ports[0], ports[1]);
    assert(parse(line, (size_t)len, &header) == PROXY_PROTOCOL_DONE);
    assert(header.size == (size_t)len && memcmp(&header.source.v6.sin6_addr, bytes, 16) == 0 &&
           memcmp(&header.destination.v6.sin6_addr, bytes + 16, 16) == 0);
    assert(peer_port(&header.source) == ports[0] && peer_port(&header.destination) == ports[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    check_pieces((const char *)bytes, size);
    if (size >= 36) check_line(bytes);
    return 0;
}
