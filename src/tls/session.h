/* TLS over bytes that come and go by other hands: no descriptors, nothing parks or waits. Of either
 * side, a client's or a server's. In libgreenroom-tls.so too: see tls/engine.h.
 *
 * Two threads may use a session, one at a time. Whoever reads never makes bytes that must go at
 * once: what TLS itself has to answer goes ahead of the next bytes that are written (RFC 8446,
 * 4.6.3). */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "tls/engine.h"

struct tls_session;

struct tls_session_engine {
    /* For any number of sessions. A server needs one certificate at least, a client has one at
     * most. files->client_ca are the authorities that the other side's certificate is verified by:
     * NULL stands for the system's, for a client, and for not asking, for a server. NULL with a
     * sentence in why. */
    struct tls_context *(*context_open)(const struct tls_files *files, bool client,
                                        char why[TLS_WHY_SIZE]);
    void (*context_close)(struct tls_context *context);

    /* host: whom a client wants to speak with, as a name or a numeric address. The other side's
     * certificate has to be for it. NULL: no memory, or not a host. */
    struct tls_session *(*open)(struct tls_context *context, const char *host);
    void (*close)(struct tls_session *session);

    /* Returns 1 when hands are shaken; 0: what there is to drain is to be sent, and then more to be
     * fed; -EPROTO with a sentence in why. */
    int (*handshake)(struct tls_session *session, char why[TLS_WHY_SIZE]);

    /* Takes over bytes that the other side has sent. Returns 0 or -ENOMEM. */
    int (*feed)(struct tls_session *session, const void *bytes, size_t len);

    /* Moves bytes for the other side to a buffer. Returns how many. */
    size_t (*drain)(struct tls_session *session, void *buffer, size_t len);

    /* Up to len bytes of data; 0: the other side has ended them; -EAGAIN: more is to be fed;
     * -EPROTO. */
    long (*read)(struct tls_session *session, void *buffer, size_t len);

    /* Takes len > 0 bytes of data, at most 16 KiB, to be drained. Returns 0, -EPROTO or -ENOMEM. */
    int (*write)(struct tls_session *session, const void *data, size_t len);

    /* No more will be written: to be drained. Returns as write. */
    int (*end)(struct tls_session *session);
};

/* What libgreenroom-tls.so exports. */
extern GR_API const struct tls_session_engine tls_session_engine;

#endif
