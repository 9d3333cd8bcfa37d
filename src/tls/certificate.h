/* A certificate with its chain and key, and which of several a client is shown. */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <openssl/ssl.h>

#include "tls/engine.h"

struct certificate {
    X509 *own;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
};

/* Returns 0, or -1 with a sentence in why; then there is nothing to free. A certificate that is out
 * of date is read all the same, with a sentence in warning. */
int certificate_read(struct certificate *certificate, const char *path, const char *key_path,
                     char why[TLS_WHY_SIZE], char warning[TLS_WHY_SIZE]);
void certificate_free(struct certificate *certificate);

/* Of SSL_CTX_set_cert_cb(3): shows the client those that are for the name it asks for: by that very
 * name, else by a wildcard, else the first. Those for the same name have different kinds of keys,
 * of which OpenSSL takes what the client understands. arg: the context. */
int certificate_choose(SSL *ssl, void *arg);

#endif
