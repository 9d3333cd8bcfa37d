/* Which proxy a call goes through: as the caller says, or as the environment did when the client
 * was opened: http_proxy, https_proxy, all_proxy and no_proxy, the last three in capital letters as
 * well; HTTP_PROXY is what a CGI server makes of a field, and is not believed. */
#ifndef CLIENT_PROXIES_H
#define CLIENT_PROXIES_H

#include "greenroom/client.h"
#include "http/absolute_url.h"

struct proxy {
    char *text; /* NULL: none */
    struct http_url url;
};

struct proxies {
    struct proxy http, https;
    char *none; /* hosts that are asked directly: a list; NULL for none */
};

/* said: a URL for all, "" for no proxy, NULL for the environment. Returns 0, or -1 with the failure
 * told; then there is nothing to close. */
int proxies_open(struct proxies *proxies, const char *said, gr_failure *failure);
void proxies_close(struct proxies *proxies);

/* NULL: the URL is asked for directly. The elements of the list are "*" for all, names, which stand
 * for those that end in them too, with or without a dot before, addresses, and networks
 * ("10.0.0.0/8"); each but a network may have a port. */
const struct proxy *proxies_for(const struct proxies *proxies, const struct http_url *url);

#endif
