#include "tls/context.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tls/resumption.h"
#include "tls/ticket.h"

int context_fail(char why[TLS_WHY_SIZE], const char *what, const char *path) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    snprintf(why, TLS_WHY_SIZE, "%s %s: %s", what, path, reason ? reason : "OpenSSL says no more");
    ERR_clear_error();
    return -1;
}

/* ---- what is spoken ---- */

/* With forward secrecy and authenticated encryption alone. TLS 1.3 has no others. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char groups[] = "X25519:P-256:P-384";

/* RFC 7301, 3.2: a client that offers protocols, and not ours, is told so. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                           const unsigned char *offered, unsigned offered_len, void *unused) {
    static const unsigned char ours[] = "\x08http/1.1";
    int result = SSL_select_next_proto((unsigned char **)chosen, chosen_len, ours, sizeof ours - 1,
                                       offered, offered_len);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* As either side. */
static int set_common(SSL_CTX *ssl) {
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set1_groups_list(ssl, groups) == 1
               ? 0
               : -1;
}

static int set_server(SSL_CTX *ssl) {
    SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    return SSL_CTX_set_cipher_list(ssl, ciphers) == 1 ? 0 : -1;
}

static int set_listener(SSL_CTX *ssl) {
    SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY); /* see stream_receive */
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    return tickets_set(ssl);
}

/* ---- who speaks ---- */

static int read_certificates(struct tls_context *context, const struct tls_files *files, char *why,
                             char *warning) {
    context->certificates = calloc((size_t)files->count, sizeof *context->certificates);
    if (!context->certificates) return context_fail(why, "no memory for", "certificates");
    for (int i = 0; i < files->count; i++) {
        struct certificate *one = &context->certificates[i];
        if (certificate_read(one, files->certificates[i], files->keys[i], why, warning) < 0)
            return -1;
        context->count++;
        if (SSL_CTX_use_cert_and_key(context->ssl, one->own, one->key, one->chain, 1) != 1)
            return context_fail(why, "cannot use the certificate", files->certificates[i]);
    }
    if (context->count > 1) SSL_CTX_set_cert_cb(context->ssl, certificate_choose, context);
    return 0;
}

static int ask_clients(struct tls_context *context, const struct tls_files *files, char *why) {
    if (!files->client_ca) return 0;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(files->client_ca);
    if (!names || SSL_CTX_load_verify_file(context->ssl, files->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return context_fail(why, "cannot use the certificates for clients in", files->client_ca);
    }
    SSL_CTX_set_client_CA_list(context->ssl, names);
    int must = files->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | must, NULL);
    context->asks_clients = true;
    return 0;
}

/* ---- which sessions are resumed ---- */

static bool add_file(EVP_MD_CTX *digest, const char *path) {
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    bool good = file != NULL;
    while (good && (n = fread(piece, 1, sizeof piece, file)) > 0)
        good = EVP_DigestUpdate(digest, piece, n) == 1;
    if (file) fclose(file);
    return good;
}

/* A ticket keeps what was found of the client's certificate: it is good where it would be found
 * again. */
static int set_identity(SSL_CTX *ssl, const struct tls_files *files, int id, char *why) {
    unsigned char identity[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(digest, &id, sizeof id) == 1 &&
                EVP_DigestUpdate(digest, &files->client_required, 1) == 1 &&
                (!files->client_ca || add_file(digest, files->client_ca)) &&
                EVP_DigestFinal_ex(digest, identity, &len) == 1 &&
                SSL_CTX_set_session_id_context(ssl, identity, len) == 1;
    EVP_MD_CTX_free(digest);
    return good ? 0 : context_fail(why, "cannot tell sessions apart by", "their listener");
}

/* ---- the whole ---- */

static void free_context(struct tls_context *context) {
    for (int i = 0; i < context->count; i++) certificate_free(&context->certificates[i]);
    SSL_CTX_free(context->ssl);
    resumption_close(context->resumption);
    free(context->certificates);
    OPENSSL_cleanse(context->secret, sizeof context->secret);
    free(context);
}

/* The handlers that OpenSSL would run at exit would run while a handshake is being made. */
static struct tls_context *new_context(const SSL_METHOD *method, char *why) {
    struct tls_context *context = calloc(1, sizeof *context);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    if (context && (context->ssl = SSL_CTX_new(method)) && set_common(context->ssl) == 0) {
        context->users = 1;
        SSL_CTX_set_app_data(context->ssl, context);
        return context;
    }
    context_fail(why, "cannot use", "OpenSSL");
    if (context) free_context(context);
    return NULL;
}

struct tls_context *context_open(const struct tls_files *files,
                                 const unsigned char secret[TLS_SECRET_SIZE], int id,
                                 char why[TLS_WHY_SIZE], char warning[TLS_WHY_SIZE]) {
    struct tls_context *context = new_context(TLS_server_method(), why);
    warning[0] = '\0';
    if (!context) return NULL;
    memcpy(context->secret, secret, sizeof context->secret);
    if (set_server(context->ssl) < 0 || set_listener(context->ssl) < 0)
        context_fail(why, "cannot use", "OpenSSL");
    else if (read_certificates(context, files, why, warning) == 0 &&
             ask_clients(context, files, why) == 0 &&
             set_identity(context->ssl, files, id, why) == 0)
        return context;
    free_context(context);
    return NULL;
}

bool context_is_self_made(const struct tls_context *context) {
    return X509_self_signed(context->certificates[0].own, 0) == 1;
}

static bool trust(SSL_CTX *ssl, const char *path) {
    struct stat found;
    bool is_directory = stat(path, &found) == 0 && S_ISDIR(found.st_mode);
    return (is_directory ? SSL_CTX_load_verify_dir(ssl, path)
                         : SSL_CTX_load_verify_file(ssl, path)) == 1;
}

static int verify_servers(struct tls_context *context, const struct tls_files *files, char *why) {
    if (files->anybody) return 0;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    if (files->client_ca && !trust(context->ssl, files->client_ca))
        return context_fail(why, "cannot use the certificates in", files->client_ca);
    if (!files->client_ca && SSL_CTX_set_default_verify_paths(context->ssl) != 1)
        return context_fail(why, "cannot use", "the certificates of the system");
    return 0;
}

/* Returns 0, or -1 when there is no memory or the name is no good. */
static int offer(SSL_CTX *ssl, const char *protocol) {
    unsigned char list[256];
    size_t len = strlen(protocol);
    if (len == 0 || len >= sizeof list) return -1;
    list[0] = (unsigned char)len;
    memcpy(list + 1, protocol, len);
    return SSL_CTX_set_alpn_protos(ssl, list, (unsigned)len + 1) == 0 ? 0 : -1;
}

static int set_session_client(struct tls_context *context, const struct tls_files *files,
                              char *why) {
    context->resumption = resumption_open(context->ssl);
    if (!context->resumption || (files->protocol && offer(context->ssl, files->protocol) < 0))
        return context_fail(why, "cannot offer", files->protocol ? files->protocol : "sessions");
    return verify_servers(context, files, why);
}

static int set_session_server(struct tls_context *context, const struct tls_files *files,
                              char *why) {
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    if (set_server(context->ssl) < 0 || SSL_CTX_set_num_tickets(context->ssl, 0) != 1)
        return context_fail(why, "cannot use", "OpenSSL");
    return ask_clients(context, files, why);
}

struct tls_context *context_open_for_sessions(const struct tls_files *files, bool client,
                                              char why[TLS_WHY_SIZE]) {
    char warning[TLS_WHY_SIZE] = "";
    struct tls_context *context =
        new_context(client ? TLS_client_method() : TLS_server_method(), why);
    if (!context) return NULL;
    int set =
        client ? set_session_client(context, files, why) : set_session_server(context, files, why);
    if (set == 0 && (!files->count || read_certificates(context, files, why, warning) == 0))
        return context;
    free_context(context);
    return NULL;
}

void context_ref(struct tls_context *context) {
    __atomic_add_fetch(&context->users, 1, __ATOMIC_RELAXED);
}

void context_unref(struct tls_context *context) {
    if (__atomic_sub_fetch(&context->users, 1, __ATOMIC_ACQ_REL) == 0) free_context(context);
}
