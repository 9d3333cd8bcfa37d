#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/context.h"
#include "tls/socket_bio.h"

enum {
    RECORD = 16 * 1024,
    RECORD_OVERHEAD = 512, /* room for the framing of records, and for a small one behind */
    SILENT_MAX = 4,        /* calls of SSL_read without data in a row */
};

/* ---- life ---- */

static void stream_close(struct tls_stream *stream) {
    struct tls_context *context = stream->context;
    SSL_free(stream->ssl);
    pthread_mutex_destroy(&stream->lock);
    free(stream->subject);
    free(stream);
    context_unref(context);
}

static struct tls_stream *stream_open(struct tls_context *context, int fd) {
    struct tls_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->fd = fd;
    stream->context = context;
    pthread_mutex_init(&stream->lock, NULL);
    context_ref(context);
    stream->ssl = SSL_new(context->ssl);
    BIO *bio = stream->ssl ? socket_bio_new(stream) : NULL;
    if (!bio) {
        ERR_clear_error();
        stream_close(stream);
        return NULL;
    }
    SSL_set_bio(stream->ssl, bio, bio);
    SSL_set_accept_state(stream->ssl);
    return stream;
}

static void stream_close_notify(struct tls_stream *stream) {
    if (stream->over) return;
    stream->over = true;
    stream->flags = 0;
    if (!SSL_in_init(stream->ssl) && SSL_shutdown(stream->ssl) < 0) ERR_clear_error();
}

/* ---- progress ---- */

static void begin(struct tls_stream *stream, size_t room) {
    stream->appetite = room < RECORD ? (int)room + RECORD_OVERHEAD : INT32_MAX;
    stream->dry = stream->more = stream->blocked = false;
    stream->error = 0;
    BIO_clear_retry_flags(SSL_get_rbio(stream->ssl));
}

/* OpenSSL's queue of errors is not asked: it would have to be emptied before each call. */
static bool has_to_wait(struct tls_stream *stream) {
    int wants = SSL_want(stream->ssl);
    stream->wants = wants == SSL_WRITING ? POLLOUT : POLLIN;
    return (wants == SSL_READING || wants == SSL_WRITING) &&
           BIO_should_retry(SSL_get_rbio(stream->ssl));
}

static long fail(struct tls_stream *stream) {
    stream->over = true;
    ERR_clear_error();
    return stream->error ? -stream->error : -EPROTO;
}

/* SSL_read returns without data when a recv has brought nothing but messages of TLS's own, such as
 * new keys. They cost more than data, so whoever sends one recv full of them after the other is not
 * listened to any longer. */
static long stream_receive(struct tls_stream *stream, void *buffer, size_t len) {
    begin(stream, len);
    for (int i = 0; i < SILENT_MAX; i++) {
        int n = SSL_read(stream->ssl, buffer, len > INT32_MAX ? INT32_MAX : (int)len);
        if (n > 0) {
            stream->more = !stream->dry || SSL_has_pending(stream->ssl);
            return n;
        }
        if (!has_to_wait(stream))
            return SSL_get_shutdown(stream->ssl) & SSL_RECEIVED_SHUTDOWN ? 0 : fail(stream);
        if (stream->wants == POLLOUT) return -EINPROGRESS;
        if (stream->blocked) return -EAGAIN;
    }
    return fail(stream);
}

static long stream_send(struct tls_stream *stream, const void *data, size_t len, int flags) {
    begin(stream, 0);
    stream->flags = flags;
    int n = SSL_write(stream->ssl, data, len > INT32_MAX ? INT32_MAX : (int)len);
    stream->flags = 0;
    if (n > 0) return n;
    return has_to_wait(stream) ? -EAGAIN : fail(stream);
}

/* ---- the handshake ---- */

static int note_client(struct tls_stream *stream) {
    X509 *client = SSL_get1_peer_certificate(stream->ssl);
    if (!client) return 0;
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    if (out && X509_NAME_print_ex(out, X509_get_subject_name(client), 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(out, &text);
        stream->subject = strndup(text, (size_t)len);
    }
    BIO_free(out);
    X509_free(client);
    return stream->subject ? 0 : -1;
}

static void say_why(struct tls_stream *stream) {
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        reason = X509_verify_cert_error_string(SSL_get_verify_result(stream->ssl));
    if (stream->ended || stream->error) reason = "the client has gone";
    snprintf(stream->why, sizeof stream->why, "%s", reason ? reason : "OpenSSL says no more");
}

static enum tls_progress stream_handshake(struct tls_stream *stream) {
    begin(stream, RECORD);
    ERR_clear_error();
    if (SSL_do_handshake(stream->ssl) == 1) {
        if (!stream->context->asks_clients || note_client(stream) == 0) return TLS_DONE;
    } else if (stream->plain) {
        stream->over = true;
        return TLS_PLAIN;
    } else if (has_to_wait(stream)) {
        return TLS_WAIT;
    }
    say_why(stream);
    fail(stream);
    return stream->begun ? TLS_REFUSED : TLS_CLOSED;
}

const struct tls_engine tls_engine = {
    .context_open = context_open,
    .context_close = context_unref,
    .is_self_made = context_is_self_made,
    .open = stream_open,
    .close_notify = stream_close_notify,
    .close = stream_close,
    .handshake = stream_handshake,
    .receive = stream_receive,
    .send = stream_send,
};
