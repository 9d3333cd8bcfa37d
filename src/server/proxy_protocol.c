#include "server/proxy_protocol.h"

#include <arpa/inet.h>

#include "http/forwarded.h"

static enum proxy_protocol done(struct proxy_header *header, size_t size) {
    header->size = size;
    return PROXY_PROTOCOL_DONE;
}

static union peer peer_v4(const char *address, const char *port) {
    union peer peer = {.v4 = {.sin_family = AF_INET}};
    memcpy(&peer.v4.sin_addr, address, 4);
    memcpy(&peer.v4.sin_port, port, 2);
    return peer;
}

static union peer peer_v6(const char *address, const char *port) {
    union peer peer = {.v6 = {.sin6_family = AF_INET6}};
    memcpy(&peer.v6.sin6_addr, address, 16);
    memcpy(&peer.v6.sin6_port, port, 2);
    return peer;
}

/* ---- version 1: "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n" ---- */

enum { LINE_MAX = 107 };

/* Takes a word and the space behind it off the line; the last one has none. */
static gr_slice take_word(gr_slice *line) {
    const char *space = memchr(line->data, ' ', line->len);
    gr_slice word = {line->data, space ? (size_t)(space - line->data) : line->len};
    size_t used = word.len + (space != NULL);
    *line = (gr_slice){line->data + used, line->len - used};
    return word;
}

static bool address_take(gr_slice *line, int family, void *address) {
    char text[INET6_ADDRSTRLEN];
    gr_slice word = take_word(line);
    if (word.len >= sizeof text || memchr(word.data, '\0', word.len)) return false;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    return inet_pton(family, text, address) == 1;
}

/* Decimal, no leading zero; 0 is allowed. */
static bool port_take(gr_slice *line, char port[2]) {
    gr_slice word = take_word(line);
    bool zero = word.len == 1 && *word.data == '0';
    int number = zero ? 0 : forwarded_port(word);
    if (number < 0 || (!zero && *word.data == '0')) return false;
    uint16_t in_order = htons((uint16_t)number);
    memcpy(port, &in_order, sizeof in_order);
    return true;
}

static bool line_parse(gr_slice line, struct proxy_header *header) {
    char addresses[2][16], ports[2][2];
    take_word(&line); /* PROXY */
    gr_slice protocol = take_word(&line);
    if (gr_slice_equal(protocol, gr_slice_of("UNKNOWN"))) return true; /* whatever stands behind */
    bool v6 = gr_slice_equal(protocol, gr_slice_of("TCP6"));
    if (!v6 && !gr_slice_equal(protocol, gr_slice_of("TCP4"))) return false;
    const char *last = line.data + line.len - 1;
    for (int i = 0; i < 2; i++)
        if (!address_take(&line, v6 ? AF_INET6 : AF_INET, addresses[i])) return false;
    for (int i = 0; i < 2; i++)
        if (!port_take(&line, ports[i])) return false;
    union peer (*make)(const char *, const char *) = v6 ? peer_v6 : peer_v4;
    header->source = make(addresses[0], ports[0]);
    header->destination = make(addresses[1], ports[1]);
    return line.len == 0 && *last != ' ';
}

static enum proxy_protocol parse_v1(const char *data, size_t len, struct proxy_header *header) {
    const char *end = memchr(data, '\n', len < LINE_MAX ? len : LINE_MAX);
    if (!end) return len < LINE_MAX ? PROXY_PROTOCOL_INCOMPLETE : PROXY_PROTOCOL_BAD;
    gr_slice line = {data, (size_t)(end - data)};
    if (line.data[line.len - 1] != '\r') return PROXY_PROTOCOL_BAD;
    line.len--;
    return line_parse(line, header) ? done(header, (size_t)(end + 1 - data)) : PROXY_PROTOCOL_BAD;
}

/* ---- version 2 ----
 *
 *   ┌────────────────────┬─────────────────┬──────────────────┬────────┬───────────┬──────┐
 *   │ signature, 12 bytes│ version, command│ family, transport│ length │ addresses │ TLVs │
 *   └────────────────────┴─────────────────┴──────────────────┴────────┴───────────┴──────┘ */

enum {
    HEAD = 16,
    COMMAND_LOCAL = 0x20,
    COMMAND_PROXY = 0x21,
    TRANSPORT_UNSPEC = 0x00,
    TRANSPORT_TCP4 = 0x11,
    TRANSPORT_TCP6 = 0x21,
    TRANSPORT_UNIX = 0x31,
};

static const char signature_v1[] = "PROXY ", signature_v2[] = "\r\n\r\n\0\r\nQUIT\n";

/* How long the addresses are; -1 for a transport that carries no streams. */
static int addresses_length(unsigned char transport) {
    switch (transport) {
    case TRANSPORT_UNSPEC:
        return 0;
    case TRANSPORT_TCP4:
        return 12;
    case TRANSPORT_TCP6:
        return 36;
    case TRANSPORT_UNIX:
        return 216;
    default:
        return -1;
    }
}

static enum proxy_protocol parse_v2(const char *data, size_t len, struct proxy_header *header) {
    enum { AT_COMMAND = 12, AT_TRANSPORT, AT_LENGTH };
    if (len <= AT_COMMAND) return PROXY_PROTOCOL_INCOMPLETE;
    unsigned char command = (unsigned char)data[AT_COMMAND];
    if (command != COMMAND_LOCAL && command != COMMAND_PROXY) return PROXY_PROTOCOL_BAD;
    if (len < HEAD) return PROXY_PROTOCOL_INCOMPLETE;
    uint16_t length;
    memcpy(&length, data + AT_LENGTH, sizeof length);
    size_t size = HEAD + (size_t)ntohs(length);
    header->local = command == COMMAND_LOCAL;
    if (header->local) return done(header, size); /* whatever stands behind */
    unsigned char transport = (unsigned char)data[AT_TRANSPORT];
    int needed = addresses_length(transport);
    if (needed < 0 || size < HEAD + (size_t)needed) return PROXY_PROTOCOL_BAD;
    if (transport == TRANSPORT_UNSPEC || transport == TRANSPORT_UNIX) return done(header, size);
    if (len < HEAD + (size_t)needed) return PROXY_PROTOCOL_INCOMPLETE;
    const char *at = data + HEAD;
    if (transport == TRANSPORT_TCP4) {
        header->source = peer_v4(at, at + 8);
        header->destination = peer_v4(at + 4, at + 10);
    } else {
        header->source = peer_v6(at, at + 32);
        header->destination = peer_v6(at + 16, at + 34);
    }
    return done(header, size);
}

/* ---- both ---- */

static bool starts_like(const char *data, size_t len, const char *signature, size_t size) {
    return memcmp(data, signature, len < size ? len : size) == 0;
}

enum proxy_protocol proxy_protocol_parse(const char *data, size_t len,
                                         struct proxy_header *header) {
    enum { SIZE_V1 = sizeof signature_v1 - 1, SIZE_V2 = sizeof signature_v2 - 1 };
    *header = (struct proxy_header){.local = false};
    if (starts_like(data, len, signature_v1, SIZE_V1))
        return len < SIZE_V1 ? PROXY_PROTOCOL_INCOMPLETE : parse_v1(data, len, header);
    if (starts_like(data, len, signature_v2, SIZE_V2)) return parse_v2(data, len, header);
    return PROXY_PROTOCOL_BAD;
}
