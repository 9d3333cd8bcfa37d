#include "server/tls_handshake.h"

#include <errno.h>

#include "base/sys.h"
#include "greenroom/log.h"
#include "runtime/green.h"
#include "server/listener.h"
#include "server/tls_io.h"
#include "server/tls_listener.h"
#include "server/tls_thread.h"

enum { KINDS_MAX = 32 };

static int64_t patience; /* ns */

/* ---- failures ---- */

static unsigned long failed;
static char kinds[KINDS_MAX][sizeof((struct tls_stream *)NULL)->why]; /* that have been logged */

static bool is_new(const char *why) {
    for (int i = 0; i < KINDS_MAX; i++) {
        if (strcmp(kinds[i], why) == 0) return false;
        if (*kinds[i]) continue;
        strncpy(kinds[i], why, sizeof kinds[i] - 1);
        return true;
    }
    return false;
}

static void note_failure(const struct connection *connection, const char *why) {
    char peer[PEER_TEXT_MAX];
    struct green *self = green_self();
    sched_enter(self);
    failed++;
    if (is_new(why))
        gr_log(GR_LOG_WARNING,
               "a TLS handshake with %.*s failed: %s; further ones of this kind are counted",
               (int)peer_text(&connection->peer, peer), peer, why);
    sched_leave(self);
}

unsigned long tls_handshakes_failed(void) { return failed; }

/* ---- attempts ---- */

struct attempt {
    struct connection *connection;
    enum tls_progress progress;
};

static void go_on(void *arg) {
    struct attempt *attempt = arg;
    struct connection *connection = attempt->connection;
    if (!connection->tls)
        connection->tls = tls_library->open(tls_listener_context(connection->listener->tls),
                                            connection->watch.fd);
    attempt->progress = connection->tls ? tls_library->handshake(connection->tls) : TLS_CLOSED;
}

/* While the attempt was made on its thread, we were parked, but not for the socket: what has
 * happened on it meanwhile is not told again. */
static bool has_moved(const struct connection *connection) {
    if (connection->tls->wants == POLLIN) return connection->news || connection->ending;
    struct timespec at_once = {0, 0};
    struct pollfd client = {.fd = connection->watch.fd, .events = POLLOUT};
    return sys(SYS_ppoll, &client, 1, &at_once, NULL, 0) > 0;
}

static int wait_for_client(struct connection *connection, int64_t due) {
    int64_t left = due - clock_now();
    if (left > 0 && has_moved(connection)) return 0;
    return connection_wait(connection, connection->tls->wants, left);
}

static void answer_in_plain(struct connection *connection) {
    static char text[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 52\r\n"
        "Connection: close\r\n\r\n"
        "400 Bad Request: this port speaks HTTPS, not HTTP.\r\n";
    struct iovec whole = {text, sizeof text - 1};
    tls_close(connection);
    connection_send(connection, &whole, 1, 0);
}

int tls_handshakes_start(const struct server_options *options) {
    patience = options->head_timeout;
    return tls_library ? tls_thread_start() : 0;
}

bool tls_handshake_is_due(const struct connection *connection) {
    return __builtin_expect(connection->listener->tls != NULL, 0) && !connection->tls &&
           !connection->preface;
}

enum connection_state tls_handshake(struct connection *connection) {
    struct attempt attempt = {.connection = connection};
    int64_t due = clock_after(patience);
    do {
        connection->news = false;
        tls_thread_run(go_on, &attempt);
    } while (attempt.progress == TLS_WAIT && wait_for_client(connection, due) == 0);
    switch (attempt.progress) {
    case TLS_DONE:
        return CONNECTION_IDLE;
    case TLS_CLOSED:
        return CONNECTION_CLOSED;
    case TLS_WAIT:
        note_failure(connection, "it took too long");
        return CONNECTION_CLOSED;
    case TLS_PLAIN:
        note_failure(connection, "the client speaks plain HTTP");
        answer_in_plain(connection);
        return CONNECTION_LINGER;
    case TLS_REFUSED:
        note_failure(connection, connection->tls->why);
        break;
    }
    return CONNECTION_LINGER;
}
