#include "tls/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "tls/context.h"
#include "tls/resumption.h"

/* What lies here to be sent, of TLS's own answers, before the other side is not listened to any
 * longer. */
enum { ANSWERS_MAX = 64 * 1024 };

/* The handle is all there is: what else belongs to it, OpenSSL keeps. */
static SSL *ssl_of(struct tls_session *session) { return (SSL *)session; }

/* ---- life ---- */

static int set_name(SSL *ssl, const char *host) {
    char name[256]; /* RFC 1035, 2.3.4 */
    size_t len = strlen(host);
    if (len && host[len - 1] == '.') len--;            /* RFC 6066, 3: without it */
    if (len >= sizeof name || *host == '.') return -1; /* OpenSSL takes .x for all that ends so */
    memcpy(name, host, len);
    name[len] = '\0';
    /* RFC 9525, 6.3 and 6.4: by its alternative names alone, and a wildcard is a whole label. */
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1 ? 0 : -1;
}

/* RFC 6066, 3: names alone are sent. */
static int set_host(SSL *ssl, const char *host) {
    unsigned char binary[sizeof(struct in6_addr)];
    bool numeric = inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
    X509_VERIFY_PARAM *verify = SSL_get0_param(ssl);
    if (!numeric) return set_name(ssl, host);
    return X509_VERIFY_PARAM_set1_ip_asc(verify, host) == 1 ? 0 : -1;
}

/* Whom it speaks with is known to what remembers sessions, as long as the session lives. */
static int set_client(struct tls_context *context, SSL *ssl, const char *host) {
    char *copy = OPENSSL_strdup(host);
    if (!copy || SSL_set_app_data(ssl, copy) != 1) {
        OPENSSL_free(copy);
        return -1;
    }
    return set_host(ssl, host) < 0 ? -1 : resumption_use(context->resumption, ssl, host);
}

static void free_ssl(SSL *ssl) {
    char *host = ssl ? SSL_get_app_data(ssl) : NULL;
    /* One that has not failed can be resumed, however its connection ended. */
    if (ssl && SSL_is_init_finished(ssl)) SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
    SSL_free(ssl);
    OPENSSL_free(host);
}

static struct tls_session *session_open(struct tls_context *context, const char *host) {
    SSL *ssl = SSL_new(context->ssl);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out || (host && set_client(context, ssl, host) < 0)) {
        BIO_free(in);
        BIO_free(out);
        free_ssl(ssl);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    if (host)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return (struct tls_session *)ssl;
}

static void session_close(struct tls_session *session) { free_ssl(ssl_of(session)); }

/* ---- bytes ---- */

static int session_feed(struct tls_session *session, const void *bytes, size_t len) {
    size_t taken;
    int good = BIO_write_ex(SSL_get_rbio(ssl_of(session)), bytes, len, &taken);
    if (good == 1 && taken == len) return 0;
    ERR_clear_error();
    return -ENOMEM;
}

static size_t session_drain(struct tls_session *session, void *buffer, size_t len) {
    size_t moved = 0;
    BIO *out = SSL_get_wbio(ssl_of(session));
    return BIO_ctrl_pending(out) && BIO_read_ex(out, buffer, len, &moved) == 1 ? moved : 0;
}

/* ---- progress ---- */

static void say_why(SSL *ssl, char why[TLS_WHY_SIZE]) {
    unsigned long error = ERR_peek_error();
    long verified = SSL_get_verify_result(ssl);
    const char *reason = ERR_reason_error_string(error);
    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        snprintf(why, TLS_WHY_SIZE, "the certificate of the other side is not accepted: %s",
                 X509_verify_cert_error_string(verified));
    else
        snprintf(why, TLS_WHY_SIZE, "%s", reason ? reason : "OpenSSL says no more");
}

static int session_handshake(struct tls_session *session, char why[TLS_WHY_SIZE]) {
    SSL *ssl = ssl_of(session);
    ERR_clear_error();
    int result = SSL_do_handshake(ssl);
    if (result == 1) return 1;
    if (SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ) return 0;
    say_why(ssl, why);
    ERR_clear_error();
    return -EPROTO;
}

static long session_read(struct tls_session *session, void *buffer, size_t len) {
    SSL *ssl = ssl_of(session);
    size_t n;
    if (BIO_ctrl_pending(SSL_get_wbio(ssl)) > ANSWERS_MAX) return -EPROTO;
    ERR_clear_error();
    int result = SSL_read_ex(ssl, buffer, len, &n);
    if (result == 1) return (long)n;
    int error = SSL_get_error(ssl, result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ) return -EAGAIN;
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -EPROTO;
}

static int session_write(struct tls_session *session, const void *data, size_t len) {
    size_t n;
    ERR_clear_error();
    bool good = SSL_write_ex(ssl_of(session), data, len, &n) == 1;
    bool memory = ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    if (good) return 0;
    return memory ? -ENOMEM : -EPROTO;
}

static int session_end(struct tls_session *session) {
    ERR_clear_error();
    bool good = SSL_shutdown(ssl_of(session)) >= 0;
    ERR_clear_error();
    return good ? 0 : -EPROTO;
}

const struct tls_session_engine tls_session_engine = {
    .context_open = context_open_for_sessions,
    .context_close = context_unref,
    .open = session_open,
    .close = session_close,
    .handshake = session_handshake,
    .feed = session_feed,
    .drain = session_drain,
    .read = session_read,
    .write = session_write,
    .end = session_end,
};
