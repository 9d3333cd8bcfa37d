/* TLS as the server uses it: a listener's context and a connection's stream, on OpenSSL 3.
 *
 * OpenSSL is linked to a library of its own, libgreenroom-tls.so, which is loaded when there is a
 * listener that speaks TLS, with its symbols to itself: see base/library.h.
 *
 * Nothing here parks or waits: what cannot go on says for which event of the socket. No two calls
 * for one stream at a time. OpenSSL keeps some state per thread: where handshakes are made it has
 * random generators and more, several KiB; elsewhere its queue of errors, less than 1 KiB. */
#ifndef TLS_ENGINE_H
#define TLS_ENGINE_H

#include <poll.h>
#include <pthread.h>

#include "greenroom/base.h"

enum { TLS_WHY_SIZE = 512, TLS_SECRET_SIZE = 32 };

/* Of SSL_CTX; counts the streams that use it. */
struct tls_context;

/* Strings are paths of files in PEM. */
struct tls_files {
    const char *const *certificates, *const *keys; /* chains, and the keys to their first ones */
    int count;
    const char *client_ca; /* NULL: clients are not asked for certificates */
    bool client_required;
    bool anybody;         /* a client does not ask whom it speaks with */
    const char *protocol; /* that a client offers (RFC 7301); NULL for none. Not the server's */
};

enum tls_progress {
    TLS_DONE,
    TLS_WAIT,    /* for an event, see tls_stream.wants */
    TLS_PLAIN,   /* no TLS: the client has sent what looks like HTTP. It has been told nothing */
    TLS_CLOSED,  /* by the client, before it has sent anything */
    TLS_REFUSED, /* tls_stream.why says why; the client has been sent an alert if it can be */
};

struct tls_stream {
    int fd;
    short wants;          /* POLLIN or POLLOUT: what a handshake waits for */
    bool more;            /* bytes may be there that make no event: receive until there are none */
    bool dry;             /* the last recv came back short */
    bool blocked;         /* nothing was left to receive in this call */
    int appetite;         /* bytes that one recv may take */
    bool begun;           /* the client has sent something */
    bool plain;           /* what is not TLS */
    bool ended;           /* the client has ended its side without close_notify */
    bool over;            /* close_notify has been sent, or an error forbids it */
    int flags;            /* of the send under way, such as MSG_MORE */
    int error;            /* errno of the socket in this call */
    char *subject;        /* of the client's certificate, which has been verified; NULL for none */
    char why[80];         /* of TLS_REFUSED; the same for each failure of a kind */
    pthread_mutex_t lock; /* the user's: one may read while another writes */
    struct ssl_st *ssl;
    struct tls_context *context;
};

struct tls_engine {
    /* Reads and checks the files. The secret is that of tickets, and stays the caller's. id tells
     * listeners apart: a session is resumed by those with the same id and client_ca alone. warning
     * is "" or a sentence, as of a certificate that has expired. NULL with a sentence in why. */
    struct tls_context *(*context_open)(const struct tls_files *files,
                                        const unsigned char secret[TLS_SECRET_SIZE], int id,
                                        char why[TLS_WHY_SIZE], char warning[TLS_WHY_SIZE]);
    void (*context_close)(struct tls_context *context);

    /* Has nobody else signed its first certificate? */
    bool (*is_self_made)(const struct tls_context *context);

    /* For an accepted socket, which stays the caller's. NULL: no memory. */
    struct tls_stream *(*open)(struct tls_context *context, int fd);

    /* Says close_notify, if that makes sense and fits into the socket, once. */
    void (*close_notify)(struct tls_stream *stream);
    void (*close)(struct tls_stream *stream);

    /* Where the private key is used: 0.1 to 5 ms. */
    enum tls_progress (*handshake)(struct tls_stream *stream);

    /* As recv(2) and send(2), but errors are negative: -EAGAIN, -EPROTO, or the socket's; and
     * -EINPROGRESS where receive has to send first. Each deals with one record, 16 KiB, at most.
     * After -EAGAIN send is to be given the same bytes. */
    long (*receive)(struct tls_stream *stream, void *buffer, size_t len);
    long (*send)(struct tls_stream *stream, const void *data, size_t len, int flags);
};

/* What libgreenroom-tls.so exports. */
extern GR_API const struct tls_engine tls_engine;

#endif
