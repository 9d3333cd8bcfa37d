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

struct connection *origin_connect(gr_client *client, struct origin *origin,
                                  const struct timing *timing, gr_failure *failure) {
    int64_t due = timing_due(timing, timing->connect);
    struct addresses addresses;
    if (resolve(client, origin, due, &addresses, failure) < 0) return NULL;
    int fd = dial(&addresses, origin->port, due);
    if (fd >= 0) return new_connection(origin, fd, due, failure);
    failure_write(failure, GR_FAILURE_CONNECT, errno, "cannot connect to %s port %d: %s",
                  origin->host, origin->port, failure_reason(errno));
    return NULL;
}
