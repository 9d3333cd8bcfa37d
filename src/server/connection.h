/* Client connections: what each costs while nothing happens on it, and who works on it when
 * something does.
 *
 *                  ┌───────────── next request ─────────────┐
 *                  ▼                                        │
 *   accept ──▶   IDLE ──part of a head──▶ HEAD ──the rest──▶ BUSY ──▶ LINGER ──▶ CLOSED
 *                  └──────────── a whole head ──────────────▲ └───── Connection: close ──▲
 *                                       QUEUED ─────────────┘
 *
 * One that is to be TLS is in HANDSHAKE between its first IDLE, as long as nothing has come, and
 * the second. A whole head becomes QUEUED first while as many requests are in flight as may be
 * (server/gate.h).
 *
 * A connection that no green thread owns, and that has news, or has been in it for too long, is put
 * on the queue of server/runner.h, where a green thread sees to it.
 *
 * Everything here is owned by the scheduler's carrier. */
#ifndef SERVER_CONNECTION_H
#define SERVER_CONNECTION_H

#include <sys/uio.h>

#include "greenroom/app.h"
#include "runtime/watch.h"
#include "server/expiry.h"
#include "server/options.h"
#include "server/peer.h"

enum connection_state {
    CONNECTION_IDLE,      /* between requests: holds neither buffer nor green thread */
    CONNECTION_HANDSHAKE, /* a green thread owns it, and makes it TLS */
    CONNECTION_HEAD,      /* its exchange holds part of a head */
    CONNECTION_QUEUED,    /* its exchange holds a whole head, which waits for its turn */
    CONNECTION_BUSY,      /* a green thread owns it */
    CONNECTION_LINGER, /* half closed: read on, so that the client sees the answer and no reset */
    CONNECTION_CLOSED,
};

struct listener;
struct tls_stream;

struct connection {
    struct fd_watch watch;
    struct expiry_node expiry;     /* of the state */
    struct connection *next_ready; /* the ready queue */
    struct gr_request *exchange;   /* in HEAD, QUEUED and BUSY */
    const struct listener *listener;
    struct tls_stream *tls; /* from its handshake on; NULL for one that is not TLS */
    union peer peer;
    uint32_t preface_left;   /* bytes of the PROXY protocol that are to be skipped */
    union peer *destination; /* that the peer has connected to, as a proxy says; NULL: to us */
    uint32_t requests;       /* that have been answered, or are about to */
    uint8_t state;           /* enum connection_state */
    bool preface;            /* the PROXY protocol is still to come, or has not come whole */
    bool queued;             /* on the ready queue */
    bool news;               /* bytes may have come since the last recv */
    bool ending;   /* the peer has closed or reset it; bytes before that may still be unread */
    bool admitted; /* in QUEUED: its turn has come */
    bool expired;  /* has been in its state for too long */
    bool counted;  /* its address is, see server/admission.h */
    bool refused;  /* there are too many: it has been told, and is to go */
    bool broken;   /* a send or recv failed: nothing can be said to the client any more */
};

/* Once per process, before anything else. */
void connections_init(const struct server_options *options);

/* In the parent of a fork: the child holds all connections as well. */
void connections_forked(void);

/* Has memory for one connection more: connection_open needs it. Returns 0, or -1 with errno ENOMEM.
 */
int connections_reserve(void);

/* Takes over an accepted, non-blocking socket. Closes it when it cannot be watched (no memory in
 * the kernel); when there are too many, answers it with a refusal, if those do not pile up. Never
 * parks. */
void connection_open(int fd, const struct listener *listener, const union peer *peer);

/* The one place where the state changes: leaves what belongs to the old one and enters the new one.
 * IDLE and CLOSED give the exchange back; CLOSED is the end of the connection's life. */
void connection_become(struct connection *connection, enum connection_state state);

/* What has come, up to len bytes; news is then whether more may have come. Returns the number, 0 at
 * the end of the stream, or a negated errno: EAGAIN for none, EINPROGRESS when TLS has to send
 * first. For the owner, inside or outside sched_enter. Never parks. */
long connection_try_receive(struct connection *connection, void *buffer, size_t len);

/* A proxy says who the peer is. Returns 0, or -1 when that address has too many connections, which
 * it has been told, or when there is no memory. Never parks. */
int connection_identify(struct connection *connection, const union peer *peer);

/* To be called for each request, before it is answered. */
void connection_count_request(struct connection *connection);

/* Has it had as many requests as it may? */
bool connection_is_spent(const struct connection *connection);

/* In LINGER: reads and drops what has come. At the end of the stream, or when it has expired, it
 * becomes CLOSED, and false is returned. Never parks. */
bool connection_linger(struct connection *connection);

/* From now on every answer says "Connection: close", and a connection that stays silent for
 * silence ns is closed. done is called when the last has gone. */
void connections_drain(int64_t silence, void (*done)(void));
bool connections_draining(void);

/* --- For who owns the connection (BUSY), outside sched_enter --- */

/* Receives up to len bytes; parks for at most patience ns. Returns the number, 0 at the end of the
 * stream, or -1 with errno ETIMEDOUT (also for the deadline of the green thread) or ECONNRESET. */
ssize_t connection_receive(struct connection *connection, void *buffer, size_t len,
                           int64_t patience);

/* Sends all of parts, which it uses up. Parks while the client takes nothing, each time for at most
 * the write timeout. Returns 0, or -1 with errno EPIPE, ECONNRESET or ETIMEDOUT: then the
 * connection is broken. flags: MSG_MORE. */
int connection_send(struct connection *connection, struct iovec *parts, int count, int flags);

/* The same for a piece of a file; other errnos are those of sendfile(2), EIO if the file is
 * shorter. */
int connection_send_file(struct connection *connection, int fd, off_t offset, size_t len);

/* Parks until there is a reason to try again what could not be done, for at most patience ns.
 * Returns 0, or -1 with errno ETIMEDOUT (also for the deadline of the green thread), ECANCELED or
 * EBADF. */
int connection_wait(struct connection *connection, short events, int64_t patience);

/* What a send gave instead of a number, a negated errno: waits where that helps, as connection_send
 * does. Returns 0 to try again, or -1 with errno: then the connection is broken. */
int connection_recover(struct connection *connection, long error);

/* Ends our side of the stream: nothing more can be sent. Never parks. */
void connection_end_sending(struct connection *connection);

/* Ends the connection by a reset: the only way to tell the client that a body which ends with the
 * connection has not been sent whole. It is still to be closed. */
void connection_reset(struct connection *connection);

#endif
