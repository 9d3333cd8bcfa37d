/* The socket of a stream as OpenSSL reads and writes it: never waits, and notes what it has seen.
 */
#ifndef TLS_SOCKET_BIO_H
#define TLS_SOCKET_BIO_H

#include <openssl/bio.h>

#include "tls/engine.h"

/* NULL: no memory. */
BIO *socket_bio_new(struct tls_stream *stream);

#endif
