/* Percent-decoding (RFC 3986, 2.1). */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "greenroom/base.h"

/* Decodes text into out, which has room for text.len bytes, once; "+" stays. Returns the length,
 * or -1 when a "%" is not followed by two hex digits, or for "%00". */
ssize_t url_decode(gr_slice text, char *out);

#endif
