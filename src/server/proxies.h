/* What proxies say about a request: who the client is, and what it asked for by which name. Proxies
 * are believed by the network they call from (--trusted-proxies), and only what they say in one
 * kind of fields (--proxy-headers), since a proxy leaves the others as the client has sent them. */
#ifndef SERVER_PROXIES_H
#define SERVER_PROXIES_H

#include "greenroom/request.h"
#include "server/options.h"
#include "server/peer.h"

/* What a proxy has said, in the arena of the request. What it has not said is as the connection has
 * it. */
struct forwarding {
    union peer peer; /* the client, as far as trusted proxies know it; else without an address */
    gr_slice scheme; /* "http" or "https"; data NULL: not said */
    gr_slice host;   /* as Host has it, with the port that the client used; data NULL: not said */
    gr_slice name;   /* of host, without port; empty: not said */
    int port;        /* 0: not said */
    gr_slice prefix; /* decoded; what the proxy has taken off the path, "/shop" */
};

/* Is anybody trusted? */
extern bool proxies_on;

/* Once per process. The options have been checked. */
void proxies_init(const struct server_options *options);

bool proxies_trust(const union peer *peer);

/* Reads what the peer of the request says, if it is trusted, into request->forwarding. Returns 0,
 * or the status to refuse the request with and, in *why, what is malformed: then nothing is
 * believed. Never parks. */
int proxies_believe(gr_request *request, const char **why);

#endif
