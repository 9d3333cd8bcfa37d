/* Who is at the other end of a connection, in as few bytes as can be. */
#ifndef SERVER_PEER_H
#define SERVER_PEER_H

#include <netinet/in.h>

#include "greenroom/base.h"

union peer {
    sa_family_t family; /* AF_INET, AF_INET6; anything else has no address */
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum { PEER_TEXT_MAX = INET6_ADDRSTRLEN };

/* The numeric address; an IPv4 address that came in over IPv6 is written as such. Returns the
 * length, 0 for a peer without one. Not terminated. */
size_t peer_text(const union peer *peer, char out[PEER_TEXT_MAX]);

bool peer_has_address(const union peer *peer);

/* 0 for a peer without one. */
int peer_port(const union peer *peer);

/* Reads a node as proxies write it (RFC 7239, section 6): an IPv4 address, an IPv6 address in
 * brackets or, as X-Forwarded-For has it, without, each with or without a port. One that is
 * "unknown" or hidden ("_x") leaves a peer without an address, family AF_UNSPEC, and a port that is
 * hidden is 0. Returns false when it is none of that. */
bool peer_parse(gr_slice text, union peer *peer);

/* The address in the order of the network; NULL for a peer without one. */
const void *peer_address(const union peer *peer);

/* Is it "all addresses of this machine"? */
bool peer_is_any(const union peer *peer);

#endif
