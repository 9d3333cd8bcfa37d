/* Sessions that a client resumes (RFC 8446, 2.2): the latest of each host, once, since whoever sees
 * a ticket twice knows that it is the same client (RFC 8446, C.4). */
#ifndef TLS_RESUMPTION_H
#define TLS_RESUMPTION_H

#include <openssl/ssl.h>

struct resumption;

/* Remembers the sessions of a client's context, whose app data is a struct tls_context with it in
 * place. NULL: no memory. */
struct resumption *resumption_open(SSL_CTX *ssl);
void resumption_close(struct resumption *resumption);

/* The session is with that host: resumes the one before it, if there is one. Returns 0 or -1. */
int resumption_use(struct resumption *resumption, SSL *ssl, const char *host);

#endif
