/* TLS as a filter on streams: on both directions of a connection at once, of either side.
 *
 *     gr_tls *tls = gr_tls_client(&(gr_tls_files){0}, why);
 *     ...
 *     if (gr_socket(fd, &reader, &writer) < 0) return -1;
 *     if (gr_tls_start(tls, "example.org", &reader, &writer, why) < 0) return -1;
 *
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446), by OpenSSL, whose library is loaded by the first call.
 * Listeners speak TLS by themselves (docs/tls.md); this is for connections that the application
 * makes. */
#ifndef GREENROOM_TLS_H
#define GREENROOM_TLS_H

#include <greenroom/stream.h>

GR_BEGIN

/* The settings of one side, for any number of connections, at the same time too. */
typedef struct gr_tls gr_tls;

enum { GR_TLS_WHY_SIZE = 512 };

/* Paths of files in PEM, which are read once, and what else there is to say. */
typedef struct gr_tls_files {
    const char *certificate; /* with its chain; NULL: none, which a server needs */
    const char *key;         /* to the certificate */
    const char *authorities; /* who may have signed the other side's certificate; of a client also a
                              * directory as c_rehash(1) makes it. NULL: for a
                              * client those that the system trusts; a server does not ask then */
    const char *protocol;    /* that a client offers, by its name of RFC 7301 such as "http/1.1":
                              * a server that has no such one refuses. NULL: none */
    bool anybody;            /* a client takes the other side for whom it says it is: no */
} gr_tls_files;

/* NULL with errno EINVAL (files that are no good), ELIBACC (OpenSSL cannot be loaded) or ENOMEM,
 * and a sentence in why. Reads files. */
GR_API gr_tls *gr_tls_client(const gr_tls_files *files, char why[GR_TLS_WHY_SIZE]);
GR_API gr_tls *gr_tls_server(const gr_tls_files *files, char why[GR_TLS_WHY_SIZE]);

/* Streams that were started with it stay as they are. NULL is allowed. */
GR_API void gr_tls_close(gr_tls *tls);

/* Shakes hands over a reader and a writer, which it takes over, and puts in their places those of
 * what is said. A client names the host that it means, by name or numeric address: the other side
 * has to prove that it is that one. For a server host is NULL. Either stream may be NULL, which is
 * an error, with errno kept. Parks. Returns 0, or -1 with errno, a sentence in why, both streams
 * closed and NULL: EPROTO (no agreement, or the other side is not whom it should be), EINVAL (not a
 * host), ENODATA (the other side has gone), ENOMEM, or what the streams say.
 *
 * Afterwards each direction is a stream of its own, for one green thread at a time. A reader whose
 * source ends before TLS does, fails with ENODATA: somebody may have cut it off. Closing the writer
 * says close_notify. What TLS itself has to answer goes with the next bytes that are written.
 * Memory: about 40 KiB for both, and 16 KiB more for the first bytes read. The handshake computes
 * for about a millisecond, on the calling green thread; less where a client meets a host again,
 * with which it resumes the session. */
GR_API int gr_tls_start(gr_tls *tls, const char *host, gr_reader **reader, gr_writer **writer,
                        char why[GR_TLS_WHY_SIZE]);

GR_END

#endif
