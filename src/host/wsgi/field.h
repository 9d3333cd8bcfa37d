/* Names of request header fields as keys of the environ: "User-Agent" is "HTTP_USER_AGENT". With
 * the GIL held. */
#ifndef WSGI_FIELD_H
#define WSGI_FIELD_H

#include "host/wsgi/text.h"

/* Stores the key of the field, and the str of its value. key stays NULL, and nothing is owed, for
 * a field that the application must not see: one with an underscore, which would pass for its
 * twin with a dash, and Proxy, which would pass for the proxy setting of HTTP clients (httpoxy).
 * Both are new references. Returns 0, or -1 with MemoryError. */
int field_take(gr_slice name, gr_slice value, PyObject **key, PyObject **text);

#endif
