/* Connecting to one of several addresses (RFC 8305, "Happy Eyeballs"). */
#ifndef CLIENT_DIAL_H
#define CLIENT_DIAL_H

#include <netinet/in.h>
#include <stdint.h>

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* Those that are tried of a name that has more. */
enum { ADDRESSES_MAX = 16 };

struct addresses {
    int count;
    union address all[ADDRESSES_MAX]; /* without ports, in the order of preference */
};

/* Tries them in their order, the two families in turn, the next one when the last has failed or is
 * silent for 250 ms, and takes the first that answers. Returns a descriptor in non-blocking mode,
 * or -1 with the first errno; ETIMEDOUT when due has passed. Parks. */
int dial(const struct addresses *addresses, uint16_t port, int64_t due);

/* The same to a unix socket: ENAMETOOLONG for a path of more than 107 bytes. */
int dial_unix(const char *path, int64_t due);

#endif
