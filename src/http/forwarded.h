/* What proxies say about the client: X-Forwarded-For and its like, and Forwarded (RFC 7239). Each
 * proxy adds to the end of a list, so lists are read from there: what stands before the first
 * address that is not a trusted proxy's, is what the client said. No I/O, no allocation. */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "greenroom/base.h"

/* Takes the last element off a comma-separated list, without blanks around it; empty ones are left
 * out (RFC 9110, 5.6.1.2). Returns false when there is none. */
bool forwarded_last(gr_slice *list, gr_slice *element);

/* A parameter of an element of Forwarded that is not there has data NULL. Values that are quoted
 * stand without their quotes; with a backslash in it a value is malformed, since no node, scheme or
 * host can have one. */
struct forwarded_element {
    gr_slice node; /* for= */
    gr_slice scheme, host;
};

/* Takes the first element off the value of a Forwarded field. Since it may hold quoted commas, it
 * cannot be read from its end. Returns 1, 0 at the end, or -1 when it is malformed or says a
 * parameter twice. */
int forwarded_next(gr_slice *list, struct forwarded_element *element);

/* Of "http" and "https", in any case, the one that it is; data NULL when it is neither. */
gr_slice forwarded_scheme(gr_slice text);

/* Host and port of Host and its like: name, IPv4 or "[IPv6]", with or without ":port". *port is -1
 * where there is none. The brackets are left out of *name. Returns false when it is malformed, or
 * has no name. */
bool forwarded_authority(gr_slice text, gr_slice *name, int *port);

/* 1 to 65535 in digits; -1 otherwise. */
int forwarded_port(gr_slice text);

/* Decodes the beginning of a path that may be put before others, such as "/shop", into out, which
 * has room for text.len bytes. Slashes at its end are left out, so "/" is nothing. Returns the
 * length, or -1 when it is no path, holds a "?", "#", backslash or control character, or has, once
 * decoded, a segment that is empty, "." or "..". */
ssize_t forwarded_prefix(gr_slice text, char *out);

#endif
