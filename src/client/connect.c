/* From an origin to a connection: name, address, connection. */
#include <stdio.h>
#include <stdlib.h>

#include "client/request.h"
#include "http/answer_head.h"

/* Returns a descriptor, or -1 with the failure told. */
static int dial_host(gr_client *client, const char *host, uint16_t port, int64_t due,
                     gr_failure *failure) {
    char why[NAMES_WHY_SIZE];
    struct addresses addresses;
    if (names_find(client->names, host, due, &addresses, why) < 0) {
        int error = errno;
        return failure_tell(failure, GR_FAILURE_NAME, error, "cannot find the address of %s: %s",
                            host, error == ENOENT ? why : failure_reason(error));
    }
    int fd = dial(&addresses, port, due);
    if (fd >= 0) return fd;
    return failure_tell(failure, GR_FAILURE_CONNECT, errno, "cannot connect to %s port %d: %s",
                        host, port, failure_reason(errno));
}

enum { HOST_SIZE = 256 };

static const char *proxy_host(const struct proxy *proxy, char host[HOST_SIZE]) {
    snprintf(host, HOST_SIZE, "%.*s", (int)proxy->url.host.len, proxy->url.host.data);
    return host;
}

static int dial_proxy(gr_client *client, const struct proxy *proxy, int64_t due,
                      gr_failure *failure) {
    char host[HOST_SIZE];
    if (proxy->url.host.len >= sizeof host)
        return failure_tell(failure, GR_FAILURE_NAME, ENAMETOOLONG, "the proxy's name is too long");
    return dial_host(client, proxy_host(proxy, host), proxy->url.port, due, failure);
}

static int dial_path(const char *path, int64_t due, gr_failure *failure) {
    int fd = dial_unix(path, due);
    if (fd >= 0) return fd;
    return failure_tell(failure, GR_FAILURE_CONNECT, errno, "cannot connect to %s: %s", path,
                        failure_reason(errno));
}

static struct connection *no_memory(gr_failure *failure) {
    failure_write(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a connection");
    return NULL;
}

static struct connection *new_connection(struct origin *origin, int fd, int64_t due,
                                         gr_failure *failure) {
    struct wire *wire = wire_open(fd);
    struct connection *connection = wire ? calloc(1, sizeof *connection) : NULL;
    if (!connection) {
        if (wire) {
            reader_close(&wire->reader, true);
            gr_writer_abort(&wire->writer, ENOMEM);
        }
        return no_memory(failure);
    }
    wire->due = due;
    connection->origin = origin;
    connection->wire = wire;
    connection->reader = &wire->reader;
    connection->writer = &wire->writer;
    return connection;
}

/* ---- TLS ---- */

static gr_tls *settings(gr_client *client, char *why) {
    pthread_mutex_lock(&client->tls_lock);
    if (!client->tls) client->tls = gr_tls_client(&(gr_tls_files){.protocol = "http/1.1"}, why);
    gr_tls *tls = client->tls;
    pthread_mutex_unlock(&client->tls_lock);
    return tls;
}

/* Closes both streams when it fails. */
static int secure(gr_client *client, struct connection *connection, const char *host, uint16_t port,
                  gr_failure *failure) {
    char why[GR_TLS_WHY_SIZE];
    gr_tls *tls = settings(client, why);
    if (tls && gr_tls_start(tls, host, &connection->reader, &connection->writer, why) == 0)
        return 0;
    int error = errno;
    reader_close(connection->reader, true);
    gr_writer_abort(connection->writer, error);
    return failure_tell(failure, GR_FAILURE_TLS, error, "no TLS with %s port %d: %.400s", host,
                        port, error == ETIMEDOUT ? failure_reason(error) : why);
}

static int secure_proxy(gr_client *client, struct connection *connection, const struct proxy *proxy,
                        gr_failure *failure) {
    char host[HOST_SIZE];
    return proxy->url.tls
               ? secure(client, connection, proxy_host(proxy, host), proxy->url.port, failure)
               : 0;
}

/* ---- tunnels ---- */

enum { TUNNEL_FIELDS = 64, TUNNEL_HEAD = 8192 };

static int no_tunnel(const struct origin *origin, int error, const char *why, gr_failure *failure) {
    return failure_tell(failure, GR_FAILURE_PROXY, error,
                        "the proxy does not lead to %s port %d: %s", origin->host, origin->port,
                        why);
}

/* Nothing comes behind the head before we have spoken. */
static int receive_tunnel(struct connection *connection, gr_failure *failure) {
    const struct http_answer_limits limits = {TUNNEL_FIELDS, TUNNEL_HEAD};
    struct http_field fields[TUNNEL_FIELDS];
    struct http_answer_head head;
    char data[TUNNEL_HEAD], said[128];
    size_t len = 0;
    uint32_t scanned = 0;
    const char *why = "it says nothing";
    enum http_parse result = HTTP_PARSE_INCOMPLETE;
    while (result == HTTP_PARSE_INCOMPLETE) {
        ssize_t n = gr_reader_read(connection->reader, data + len, sizeof data - len);
        if (n < 0) return no_tunnel(connection->origin, errno, failure_reason(errno), failure);
        if (n == 0) return no_tunnel(connection->origin, ECONNRESET, why, failure);
        len += (size_t)n;
        result = http_answer_parse(data, len, HTTP_ASKED_CONNECT, &limits, &head, fields, &scanned,
                                   &why);
    }
    if (result == HTTP_PARSE_REFUSED) return no_tunnel(connection->origin, EPROTO, why, failure);
    snprintf(said, sizeof said, "it says %d %.*s", head.status, (int)head.reason.len,
             data + head.reason.at);
    if (head.status / 100 != 2) return no_tunnel(connection->origin, EACCES, said, failure);
    return head.size == len ? 0
                            : no_tunnel(connection->origin, EPROTO, "it says too much", failure);
}

static int dig(gr_client *client, struct connection *connection, const struct proxy *proxy,
               gr_failure *failure) {
    struct request request;
    struct origin *origin = connection->origin;
    int result = request_compose_connect(&request, client, origin, proxy, failure);
    if (result == 0 && gr_writer_write(connection->writer, request.text, request.len) < 0)
        result = no_tunnel(origin, errno, failure_reason(errno), failure);
    if (result == 0) result = receive_tunnel(connection, failure);
    request_free(&request);
    if (result == 0) return 0;
    reader_close(connection->reader, true);
    gr_writer_abort(connection->writer, errno);
    return -1;
}

/* ---- the whole ---- */

static int dial_any(gr_client *client, struct origin *origin, const struct proxy *proxy,
                    int64_t due, gr_failure *failure) {
    if (client->options.unix_path) return dial_path(client->options.unix_path, due, failure);
    if (proxy) return dial_proxy(client, proxy, due, failure);
    return dial_host(client, origin->host, origin->port, due, failure);
}

/* What comes between a connection and a request. Closes both streams when it fails. */
static int make_way(gr_client *client, struct connection *connection, const struct proxy *proxy,
                    gr_failure *failure) {
    const struct origin *origin = connection->origin;
    if (proxy && secure_proxy(client, connection, proxy, failure) < 0) return -1;
    if (!origin->tls) return 0;
    if (proxy && dig(client, connection, proxy, failure) < 0) return -1;
    return secure(client, connection, origin->host, origin->port, failure);
}

struct connection *origin_connect(gr_client *client, struct origin *origin,
                                  const struct proxy *proxy, const struct timing *timing,
                                  gr_failure *failure) {
    int64_t due = timing_due(timing, timing->connect);
    int fd = dial_any(client, origin, proxy, due, failure);
    struct connection *connection = fd < 0 ? NULL : new_connection(origin, fd, due, failure);
    if (!connection) return NULL;
    if (make_way(client, connection, proxy, failure) == 0) return connection;
    free(connection);
    return NULL;
}
