#include "server/preface.h"

#include <errno.h>
#include <stdlib.h>

#include "base/sys.h"
#include "greenroom/log.h"
#include "server/proxies.h"
#include "server/proxy_protocol.h"

enum { COMPLAIN_EVERY = 10 }; /* s */

static void complain(const struct connection *connection, const char *what) {
    static int64_t next;
    static unsigned long before;
    if (loop_now() < next) {
        before++;
        return;
    }
    next = loop_now() + COMPLAIN_EVERY * (int64_t)NS_PER_S;
    char text[PEER_TEXT_MAX];
    size_t len = peer_text(&connection->peer, text);
    gr_log(GR_LOG_WARNING, "a connection from %.*s is closed: %s (%lu more before it)",
           len ? (int)len : 4, len ? text : "unix", what, before);
    before = 0;
}

static enum exchange_step note(struct connection *connection, const struct proxy_header *header) {
    if (header->local) return EXCHANGE_ANSWER;
    if (header->destination.family != AF_UNSPEC) {
        connection->destination = malloc(sizeof *connection->destination);
        if (!connection->destination) return EXCHANGE_CLOSE;
        *connection->destination = header->destination;
    }
    return connection_identify(connection, &header->source) < 0 ? EXCHANGE_LINGER : EXCHANGE_ANSWER;
}

static enum exchange_step none(long n) { return n == -EAGAIN ? EXCHANGE_WAIT : EXCHANGE_CLOSE; }

/* What has been looked at is taken only as far as it is known to be the header's: what comes behind
 * it may be for TLS to read. */
static enum exchange_step take_addresses(struct gr_request *exchange) {
    struct connection *connection = exchange->connection;
    enum proxy_protocol result;
    struct proxy_header header;
    do {
        char *at = exchange->buffer + exchange->filled;
        size_t room = PROXY_PROTOCOL_READ_MAX - exchange->filled;
        connection->news = false;
        long n = sys(SYS_recvfrom, connection->watch.fd, at, room, MSG_DONTWAIT | MSG_PEEK);
        if (n <= 0) return none(n);
        result = proxy_protocol_parse(exchange->buffer, exchange->filled + (size_t)n, &header);
        if (result == PROXY_PROTOCOL_BAD) {
            complain(connection, "it does not begin with the PROXY protocol");
            return EXCHANGE_CLOSE;
        }
        size_t left = header.size - exchange->filled;
        bool is_whole = result == PROXY_PROTOCOL_DONE && left < (size_t)n;
        n = sys(SYS_recvfrom, connection->watch.fd, at, is_whole ? left : (size_t)n, MSG_DONTWAIT);
        if (n <= 0) return none(n);
        exchange->filled += (uint32_t)n;
    } while (result == PROXY_PROTOCOL_INCOMPLETE);
    connection->preface_left = (uint32_t)(header.size - exchange->filled);
    return note(connection, &header);
}

static enum exchange_step skip(struct connection *connection) {
    static char waste[4096]; /* written by all, read by none */
    while (connection->preface_left) {
        size_t len = connection->preface_left;
        connection->news = false;
        long n = sys(SYS_recvfrom, connection->watch.fd, waste,
                     len < sizeof waste ? len : sizeof waste, MSG_DONTWAIT);
        if (n <= 0) return none(n);
        connection->preface_left -= (uint32_t)n;
    }
    return EXCHANGE_ANSWER;
}

enum exchange_step preface_receive(struct gr_request *exchange, bool *whole) {
    struct connection *connection = exchange->connection;
    enum exchange_step step = EXCHANGE_ANSWER;
    if (!connection->preface_left) {
        if (!proxies_trust(&connection->peer)) {
            complain(connection, "it is not a trusted proxy's");
            return EXCHANGE_CLOSE;
        }
        step = take_addresses(exchange);
    }
    if (step == EXCHANGE_ANSWER) step = skip(connection);
    *whole = step == EXCHANGE_ANSWER;
    if (!*whole) return step;
    connection->preface = false;
    exchange->filled = 0;
    return EXCHANGE_WAIT;
}
