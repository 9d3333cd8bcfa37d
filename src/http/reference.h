/* References to URLs, as Location has them (RFC 9110, 10.2.2; RFC 3986, 4.2 and 5.2). */
#ifndef HTTP_REFERENCE_H
#define HTTP_REFERENCE_H

#include "http/absolute_url.h"

/* Writes the URL that the reference means where base is, with a NUL behind it; what has to be
 * percent-encoded and is not, is then. The fragment is left out. Returns 0, or -1 when there is
 * too little room. Whether it can be asked for is for http_url_parse to say. */
int http_reference_resolve(const struct http_url *base, gr_slice reference, char *out, size_t room);

#endif
