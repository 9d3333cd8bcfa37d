/* What the connections of a listener share: certificates, settings, the secret of its tickets. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "tls/certificate.h"
#include "tls/engine.h"

struct tls_context {
    SSL_CTX *ssl;
    struct certificate *certificates;
    int count;
    bool asks_clients;
    struct resumption *resumption; /* of a client's; NULL for a server's */
    unsigned char secret[TLS_SECRET_SIZE];
    int users; /* streams, and whoever opened it. Atomic */
};

struct tls_context *context_open(const struct tls_files *files,
                                 const unsigned char secret[TLS_SECRET_SIZE], int id,
                                 char why[TLS_WHY_SIZE], char warning[TLS_WHY_SIZE]);

/* See tls/session.h. */
struct tls_context *context_open_for_sessions(const struct tls_files *files, bool client,
                                              char why[TLS_WHY_SIZE]);

bool context_is_self_made(const struct tls_context *context);

void context_ref(struct tls_context *context);
void context_unref(struct tls_context *context);

/* Writes "what path: why", why being OpenSSL's latest error, and forgets that. Returns -1. */
int context_fail(char why[TLS_WHY_SIZE], const char *what, const char *path);

#endif
