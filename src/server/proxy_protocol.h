/* The PROXY protocol, versions 1 and 2
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt): a header in front of all else on a
 * connection, by which a proxy that passes on bytes says who is behind it. No I/O, no allocation.
 */
#ifndef SERVER_PROXY_PROTOCOL_H
#define SERVER_PROXY_PROTOCOL_H

#include "server/peer.h"

/* So many bytes are enough for all that is read of a header; what lies beyond is skipped. */
enum { PROXY_PROTOCOL_READ_MAX = 107 };

struct proxy_header {
    bool local;  /* the proxy speaks for itself: the ends of the connection are the true ones */
    size_t size; /* of the header, together with what is skipped (version 2: up to 64 KiB) */
    union peer source, destination; /* without an address when the proxy does not know them */
};

enum proxy_protocol {
    PROXY_PROTOCOL_INCOMPLETE, /* more bytes are needed; all that are there belong to the header */
    PROXY_PROTOCOL_DONE,       /* the addresses are there; *header is complete */
    PROXY_PROTOCOL_BAD,
};

/* Reads the header that starts at data. Judges each byte as soon as it is there. Clients on unix
 * sockets count as unknown; anything but streams is BAD. */
enum proxy_protocol proxy_protocol_parse(const char *data, size_t len, struct proxy_header *header);

#endif
