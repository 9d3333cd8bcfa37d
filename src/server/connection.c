#include "server/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sys.h"
#include "runtime/park.h"
#include "server/admission.h"
#include "server/breach.h"
#include "server/exchange.h"
#include "server/gate.h"
#include "server/listener.h"
#include "server/load.h"
#include "server/pool.h"
#include "server/runner.h"
#include "server/tls_io.h"
#include "server/wall_clock.h"

enum {
    LINGER_TIME = 2,    /* s */
    LINGER_READS = 64,  /* in a row before others get a turn */
    PIECE = 1 << 20,    /* bytes of a file at a time */
    REFUSALS_MAX = 256, /* connections that have been refused and linger; more are closed at once */
};

static const struct server_options *options;
static struct pool connections;
static struct expiry idle, heads, lingering;
static bool draining;
static int refusals; /* connections that have been turned away and are not closed yet */
static bool shared;  /* a child of fork holds connections, or has */
static void (*drained)(void);

/* ---- what the loop tells ---- */

static struct connection *of_watch(struct fd_watch *watch) {
    return LIST_ENTRY(watch, struct connection, watch);
}

static void have_news(struct fd_watch *watch, unsigned events) {
    struct connection *connection = of_watch(watch);
    if (events & (POLLRDHUP | POLLHUP | POLLERR)) connection->ending = true;
    if (events & (POLLHUP | POLLERR) && connection->state == CONNECTION_QUEUED)
        connection->broken = true;
    if (events & POLLIN) connection->news = true;
    if (!connection->news && !connection->ending) return;
    if (connection->ending && connection->state == CONNECTION_BUSY)
        exchange_disconnected(connection->exchange);
    if (connection->state != CONNECTION_BUSY && connection->state != CONNECTION_HANDSHAKE)
        runner_queue(connection);
}

static void have_expired(struct expiry_node *node) {
    struct connection *connection = LIST_ENTRY(node, struct connection, expiry);
    connection->expired = true;
    runner_queue(connection);
}

void connections_init(const struct server_options *server_options) {
    options = server_options;
    pool_init(&connections, (sizeof(struct connection) + 63) / 64 * 64);
    expiry_init(&idle, options->keep_alive_timeout, have_expired);
    expiry_init(&heads, options->head_timeout, have_expired);
    gate_init(options->concurrency, options->queue_timeout);
    admission_init(options->max_connections, options->max_per_address);
    expiry_init(&lingering, LINGER_TIME * (int64_t)NS_PER_S, have_expired);
}

void connections_forked(void) {
    if (load_connections() > 0) shared = true;
}

/* ---- states ---- */

int connections_reserve(void) { return pool_reserve(&connections) < 0 ? -1 : admission_reserve(); }

/* What cannot be said before a handshake is left to the client's imagination. It fits into the
 * empty buffer of a new socket. */
static void say_that_there_are_too_many(const struct connection *connection, int status) {
    static const char sentence[] = "too many connections\n";
    char text[512];
    if (connection->listener->tls) return;
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %d %s\r\n%.*sContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                       "Retry-After: 1\r\nConnection: close\r\n\r\n%s",
                       status, http_reason(status), WALL_CLOCK_DATE_FIELD,
                       wall_clock_now()->date_field, sizeof sentence - 1, sentence);
    sys(SYS_sendto, connection->watch.fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void turn_away(struct connection *connection, int status) {
    connection->refused = true;
    refusals++;
    say_that_there_are_too_many(connection, status);
    connection_become(connection, CONNECTION_LINGER);
}

/* Behind a proxy that says whose connection it is, the address comes later. */
static int admit(const struct listener *listener, const union peer *peer) {
    int refusal = admission_enter(peer);
    if (refusal || listener->proxied) return refusal;
    refusal = admission_enter_address(peer);
    if (refusal) admission_leave(NULL);
    return refusal;
}

void connection_open(int fd, const struct listener *listener, const union peer *peer) {
    int refusal = admit(listener, peer);
    if (refusal && refusals == REFUSALS_MAX) {
        sys(SYS_close, fd);
        return;
    }
    struct connection *connection = pool_take(&connections);
    *connection = (struct connection){
        .watch.ready = have_news,
        .listener = listener,
        .peer = *peer,
        .preface = listener->proxied,
        .counted = !refusal && !listener->proxied,
        .state = CONNECTION_IDLE,
    };
    if (fd_watch_add(&connection->watch, fd) < 0) {
        sys(SYS_close, fd);
        if (!refusal) admission_leave(connection->counted ? peer : NULL);
        pool_give(&connections, connection);
        return;
    }
    load_add_connections(1);
    expiry_join(&idle, &connection->expiry);
    if (refusal) turn_away(connection, refusal);
}

int connection_identify(struct connection *connection, const union peer *peer) {
    connection->peer = *peer;
    if (admission_reserve() < 0) return -1;
    int refusal = admission_enter_address(peer);
    connection->counted = !refusal;
    if (refusal) say_that_there_are_too_many(connection, refusal);
    return refusal ? -1 : 0;
}

void connection_count_request(struct connection *connection) { connection->requests++; }

bool connection_is_spent(const struct connection *connection) {
    return connection->requests == options->keep_alive_requests;
}

static void give_exchange_back(struct connection *connection) {
    if (connection->exchange) exchange_give(connection->exchange);
    connection->exchange = NULL;
}

static void close_connection(struct connection *connection) {
    if (connection->tls) tls_close(connection);
    fd_watch_remove(&connection->watch);
    if (shared) sys(SYS_shutdown, connection->watch.fd, SHUT_RDWR);
    sys(SYS_close, connection->watch.fd);
    free(connection->destination);
    if (connection->refused)
        refusals--;
    else
        admission_leave(connection->counted ? &connection->peer : NULL);
    pool_give(&connections, connection);
    load_add_connections(-1);
    listeners_connection_closed();
    if (draining && load_connections() == 0) drained();
}

void connection_become(struct connection *connection, enum connection_state state) {
    bool needs_exchange =
        state == CONNECTION_HEAD || state == CONNECTION_QUEUED || state == CONNECTION_BUSY;
    if (!needs_exchange) give_exchange_back(connection);
    if (connection->state == state) return;
    expiry_leave(&connection->expiry);
    connection->expired = false;
    connection->state = state;
    switch (state) {
    case CONNECTION_IDLE:
        expiry_join(&idle, &connection->expiry);
        break;
    case CONNECTION_HEAD:
        expiry_join(&heads, &connection->expiry);
        break;
    case CONNECTION_QUEUED:
        gate_wait(connection);
        break;
    case CONNECTION_BUSY:
    case CONNECTION_HANDSHAKE:
        break;
    case CONNECTION_LINGER:
        connection_end_sending(connection);
        expiry_join(&lingering, &connection->expiry);
        break;
    case CONNECTION_CLOSED:
        close_connection(connection);
        break;
    }
}

bool connection_linger(struct connection *connection) {
    static char waste[16 * 1024]; /* written by all, read by none */
    long n = connection->expired ? 0 : 1;
    for (int i = 0; n > 0 && i < LINGER_READS; i++)
        n = sys(SYS_recvfrom, connection->watch.fd, waste, sizeof waste, MSG_DONTWAIT);
    if (n > 0) runner_queue(connection);
    if (n > 0 || n == -EAGAIN) return true;
    connection_become(connection, CONNECTION_CLOSED);
    return false;
}

void connections_drain(int64_t silence, void (*done)(void)) {
    draining = true;
    drained = done;
    expiry_shorten(&idle, silence);
    if (load_connections() == 0) done();
}

bool connections_draining(void) { return draining; }

/* ---- bytes ---- */

static int fail(struct connection *connection, int code) {
    connection->broken = true;
    errno = code;
    return -1;
}

/* The client is too slow: with the handshake, its body, or the answer. */
static int time_out(const struct connection *connection, short events) {
    enum breach breach = events == POLLIN ? BREACH_BODY_TIME : BREACH_WRITE_TIME;
    breach_count(connection->state == CONNECTION_HANDSHAKE ? BREACH_HEAD_TIME : breach);
    errno = ETIMEDOUT;
    return -1;
}

/* On the OS thread that runs the handler. */
static int wait_on_thread(const struct connection *connection, short events, int64_t due) {
    struct pollfd ready = {.fd = connection->watch.fd, .events = events};
    int64_t expires = connection->exchange->green->deadline;
    int64_t left = (expires < due ? expires : due) - clock_now();
    if (left < 0) left = 0;
    struct timespec timeout = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
    if (sys(SYS_ppoll, &ready, 1, &timeout, NULL, 0) != 0) return 0;
    if (due < expires) return time_out(connection, events);
    errno = ETIMEDOUT;
    return -1;
}

int connection_wait(struct connection *connection, short events, int64_t patience) {
    if (!green_self()) return wait_on_thread(connection, events, clock_after(patience));
    switch (fd_wait(connection->watch.fd, events, clock_after(patience))) {
    case WAIT_RETRY:
    case WAIT_INTERRUPTED:
        return 0;
    case WAIT_EXPIRED:
        errno = green_expiry_errno(green_self());
        return -1;
    case WAIT_TIMED_OUT:
        return time_out(connection, events);
    case WAIT_CLOSED:
    case WAIT_UNPOLLABLE:
        break;
    }
    errno = EBADF;
    return -1;
}

/* News is not withdrawn once the call is made: on another kernel task, some may have come since. */
long connection_try_receive(struct connection *connection, void *buffer, size_t len) {
    connection->news = false;
    if (__builtin_expect(connection->tls != NULL, 0)) return tls_receive(connection, buffer, len);
    long n = sys(SYS_recvfrom, connection->watch.fd, buffer, len, MSG_DONTWAIT);
    if (n == (long)len) connection->news = true;
    return n;
}

ssize_t connection_receive(struct connection *connection, void *buffer, size_t len,
                           int64_t patience) {
    for (;;) {
        long n = connection_try_receive(connection, buffer, len);
        if (n >= 0) return n;
        if (n == -EINTR) continue;
        if (n != -EAGAIN && n != -EINPROGRESS) return fail(connection, ECONNRESET);
        if (connection_wait(connection, n == -EAGAIN ? POLLIN : POLLOUT, patience) < 0) return -1;
    }
}

static long send_once(int fd, struct iovec *parts, int count, int flags) {
    flags |= MSG_NOSIGNAL | MSG_DONTWAIT;
    if (count == 1) return sys(SYS_sendto, fd, parts->iov_base, parts->iov_len, flags);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    return sys(SYS_sendmsg, fd, &message, flags);
}

int connection_recover(struct connection *connection, long error) {
    if (error == -EINTR) return 0;
    if (error != -EAGAIN) return fail(connection, error == -EPIPE ? EPIPE : ECONNRESET);
    if (connection_wait(connection, POLLOUT, options->write_timeout) == 0) return 0;
    connection->broken = true;
    return -1;
}

int connection_send(struct connection *connection, struct iovec *parts, int count, int flags) {
    if (__builtin_expect(connection->tls != NULL, 0))
        return tls_send(connection, parts, count, flags);
    for (;;) {
        long n = send_once(connection->watch.fd, parts, count, flags);
        if (n < 0) {
            if (connection_recover(connection, n) < 0) return -1;
            continue;
        }
        while (count > 0 && (size_t)n >= parts->iov_len) {
            n -= (long)parts->iov_len;
            parts++;
            count--;
        }
        if (count == 0) return 0;
        parts->iov_base = (char *)parts->iov_base + n;
        parts->iov_len -= (size_t)n;
    }
}

int connection_send_file(struct connection *connection, int fd, off_t offset, size_t len) {
    if (connection->tls) return tls_send_file(connection, fd, offset, len);
    while (len > 0) {
        long n = sys(SYS_sendfile, connection->watch.fd, fd, &offset, len < PIECE ? len : PIECE);
        if (n > 0) {
            len -= (size_t)n;
            green_may_park(); /* a reader that is fast enough never makes us wait */
        } else if (n == 0) {
            return fail(connection, EIO);
        } else if (n == -EAGAIN || n == -EINTR || n == -EPIPE || n == -ECONNRESET) {
            if (connection_recover(connection, n) < 0) return -1;
        } else {
            return fail(connection, (int)-n);
        }
    }
    return 0;
}

void connection_end_sending(struct connection *connection) {
    if (connection->tls) tls_end(connection);
    sys(SYS_shutdown, connection->watch.fd, SHUT_WR);
}

/* connect(2) to nobody dissolves the association, which TCP does by a reset, whoever else holds the
 * socket. */
void connection_reset(struct connection *connection) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    sys(SYS_connect, connection->watch.fd, &nobody, sizeof nobody);
}
