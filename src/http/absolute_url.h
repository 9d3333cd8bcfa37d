/* The URLs that a client asks for: absolute, http or https (RFC 9110, 4.2; RFC 3986, 4.3). No
 * allocation. */
#ifndef HTTP_ABSOLUTE_URL_H
#define HTTP_ABSOLUTE_URL_H

#include "greenroom/base.h"

/* Slices of the text that was parsed. */
struct http_url {
    bool tls;           /* https */
    bool is_ipv6;       /* host is an IPv6 address, without its brackets */
    uint16_t port;      /* the scheme's if none is given */
    gr_slice user;      /* "name:password", percent-encoded; empty when there is none */
    gr_slice host;      /* never empty */
    gr_slice authority; /* host and port as they stand there */
    gr_slice target;    /* path and query. May lack its "/" where the path is empty: "" or "?q" */
};

/* Fragments are left out. Returns 0, or -1 with a static sentence in *why: what is wrong with it.
 * Whatever is not visible ASCII has to be percent-encoded, and the backslash too; names of hosts
 * are as IDNA has them. */
int http_url_parse(gr_slice text, struct http_url *url, const char **why);

#endif
