/* Session tickets (RFC 5077; RFC 8446, 4.6.1) that any process with the same secret takes. */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include <openssl/ssl.h>

/* How long a session can be resumed, in seconds. The keys that seal tickets change as often, and
 * open those sealed by the keys before them. */
enum { TICKET_LIFETIME = 2 * 3600 };

/* For contexts whose app data is a struct tls_context. Returns 0, or -1 with OpenSSL's error. */
int tickets_set(SSL_CTX *ssl);

#endif
