/* From an origin to a connection: name, address, connection. */
#include <stdlib.h>

#include "client/client.h"

static int resolve(gr_client *client, struct origin *origin, int64_t due, struct addresses *found,
                   gr_failure *failure) {
    char why[NAMES_WHY_SIZE];
    if (names_find(client->names, origin->host, due, found, why) == 0) return 0;
    int error = errno;
    return failure_tell(failure, GR_FAILURE_NAME, error, "cannot find the address of %s: %s",
                        origin->host, error == ENOENT ? why : failure_reason(error));
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
static int secure(gr_client *client, struct connection *connection, gr_failure *failure) {
    char why[GR_TLS_WHY_SIZE];
    const char *host = connection->origin->host;
    gr_tls *tls = settings(client, why);
    if (tls && gr_tls_start(tls, host, &connection->reader, &connection->writer, why) == 0)
        return 0;
    int error = errno;
    reader_close(connection->reader, true);
    gr_writer_abort(connection->writer, error);
    return failure_tell(failure, GR_FAILURE_TLS, error, "no TLS with %s port %d: %.400s", host,
                        connection->origin->port, error == ETIMEDOUT ? failure_reason(error) : why);
}

/* ---- the whole ---- */

struct connection *origin_connect(gr_client *client, struct origin *origin,
                                  const struct timing *timing, gr_failure *failure) {
    int64_t due = timing_due(timing, timing->connect);
    struct addresses addresses;
    if (resolve(client, origin, due, &addresses, failure) < 0) return NULL;
    int fd = dial(&addresses, origin->port, due);
    if (fd < 0) {
        failure_write(failure, GR_FAILURE_CONNECT, errno, "cannot connect to %s port %d: %s",
                      origin->host, origin->port, failure_reason(errno));
        return NULL;
    }
    struct connection *connection = new_connection(origin, fd, due, failure);
    if (!connection || !origin->tls || secure(client, connection, failure) == 0) return connection;
    free(connection);
    return NULL;
}
