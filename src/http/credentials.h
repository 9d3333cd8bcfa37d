/* Credentials in a field (RFC 9110, 11.4). */
#ifndef HTTP_CREDENTIALS_H
#define HTTP_CREDENTIALS_H

#include "greenroom/base.h"

/* The length of "Basic " and the base64 of "user:password". */
size_t http_basic_length(size_t user_len, size_t password_len);

/* Writes that (RFC 7617); not terminated. A user with a colon in it is another one to the server.
 */
void http_basic(char *out, gr_slice user, gr_slice password);

#endif
