#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

/* 0 to most, in digits and nothing else; -1 for anything else. */
static int bits_parse(const char *text, int most) {
    int bits = 0;
    if (!*text) return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return -1;
        bits = bits * 10 + *text - '0';
        if (bits > most) return -1;
    }
    return bits;
}

/* Are the first `bits` of both the same? */
static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0) return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* Are all bits behind the prefix zero? */
static bool is_prefix(const struct network *network, int most) {
    unsigned bits = network->bits;
    for (; bits < (unsigned)most; bits++)
        if (network->address[bits / 8] & (0x80 >> bits % 8)) return false;
    return true;
}

static const char *network_parse(char *text, struct network *network) {
    *network = (struct network){.family = AF_UNIX};
    if (strcmp(text, "unix") == 0) return NULL;
    char *slash = strchr(text, '/');
    if (slash) *slash = '\0';
    network->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(network->family, text, network->address) != 1)
        return "has something that is no address, no network such as 10.0.0.0/8, and not unix";
    int most = network->family == AF_INET ? 32 : 128;
    int bits = slash ? bits_parse(slash + 1, most) : most;
    if (bits < 0) return "has a network whose number of bits is none";
    network->bits = (uint8_t)bits;
    return is_prefix(network, most) ? NULL : "has a network with bits set behind its prefix";
}

const char *network_next(const char **list, struct network *network) {
    char text[64];
    const char *comma = strchr(*list, ',');
    size_t len = comma ? (size_t)(comma - *list) : strlen(*list);
    size_t kept = len < sizeof text - 1 ? len : sizeof text - 1; /* too long for any: is refused */
    memcpy(text, *list, kept);
    text[kept] = '\0';
    *list = comma ? comma + 1 : NULL;
    return network_parse(text, network);
}

bool network_holds(const struct network *network, sa_family_t family, const void *address) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (family == AF_INET6 && memcmp(address, mapped, sizeof mapped) == 0) {
        family = AF_INET;
        address = (const uint8_t *)address + sizeof mapped;
    }
    if (network->family != family) return false;
    return family == AF_UNIX || same_prefix(network->address, address, network->bits);
}
