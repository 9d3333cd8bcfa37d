#include "server/tls_io.h"

#include <errno.h>
#include <stdlib.h>

#include "base/sys.h"
#include "runtime/green.h"
#include "server/tls_listener.h"

enum { RECORD = 16 * 1024 }; /* bytes of data at most (RFC 8446, 5.1) */

long tls_receive(struct connection *connection, void *buffer, size_t len) {
    struct tls_stream *stream = connection->tls;
    pthread_mutex_lock(&stream->lock);
    long n = tls_library->receive(stream, buffer, len);
    /* Behind part of a record may be the end, and its event has been. */
    if (n == -EAGAIN && connection->ending) n = tls_library->receive(stream, buffer, len);
    if (stream->more) connection->news = true;
    pthread_mutex_unlock(&stream->lock);
    return n;
}

/* ---- sending ---- */

static int fail(struct connection *connection, int code) {
    connection->broken = true;
    errno = code;
    return -1;
}

static long send_once(struct tls_stream *stream, const char *data, size_t len, int flags) {
    pthread_mutex_lock(&stream->lock);
    long n = tls_library->send(stream, data, len, flags);
    pthread_mutex_unlock(&stream->lock);
    return n;
}

static int send_all(struct connection *connection, const char *data, size_t len, int flags) {
    while (len > 0) {
        long n = send_once(connection->tls, data, len, flags);
        if (n < 0) {
            if (connection_recover(connection, n) < 0) return -1;
            continue;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static void skip_empty(struct iovec **parts, int *count) {
    while (*count > 0 && (*parts)->iov_len == 0) {
        ++*parts;
        --*count;
    }
}

/* Moves what fits from the parts to the room. Returns how much that is. */
static size_t gather(struct iovec **parts, int *count, char *room) {
    size_t filled = 0;
    for (; *count > 0 && filled < RECORD; skip_empty(parts, count)) {
        struct iovec *part = *parts;
        size_t n = part->iov_len < RECORD - filled ? part->iov_len : RECORD - filled;
        memcpy(room + filled, part->iov_base, n);
        filled += n;
        part->iov_base = (char *)part->iov_base + n;
        part->iov_len -= n;
    }
    return filled;
}

/* Sends whole records of the first part, or if it is short one that is made of several. */
static int send_next(struct connection *connection, struct iovec **parts, int *count, char *room,
                     int flags) {
    struct iovec *part = *parts;
    if (*count > 1 && part->iov_len < RECORD) {
        size_t len = gather(parts, count, room);
        return send_all(connection, room, len, *count ? MSG_MORE : flags);
    }
    size_t len = *count > 1 ? part->iov_len / RECORD * RECORD : part->iov_len;
    const char *data = part->iov_base;
    part->iov_base = (char *)part->iov_base + len;
    part->iov_len -= len;
    skip_empty(parts, count);
    return send_all(connection, data, len, *count ? MSG_MORE : flags);
}

int tls_send(struct connection *connection, struct iovec *parts, int count, int flags) {
    skip_empty(&parts, &count);
    if (count == 0) return 0;
    if (count == 1) return send_all(connection, parts->iov_base, parts->iov_len, flags);
    char *room = malloc(RECORD);
    if (!room) return fail(connection, ENOMEM);
    int result = 0;
    while (result == 0 && count > 0) result = send_next(connection, &parts, &count, room, flags);
    int error = errno;
    free(room);
    errno = error;
    return result;
}

static int send_pieces(struct connection *connection, int fd, off_t offset, size_t len,
                       char *room) {
    while (len > 0) {
        long n = sys(SYS_pread64, fd, room, len < RECORD ? len : RECORD, offset);
        if (n == -EINTR) continue;
        if (n <= 0) return fail(connection, n ? (int)-n : EIO);
        len -= (size_t)n;
        offset += n;
        if (send_all(connection, room, (size_t)n, len ? MSG_MORE : 0) < 0) return -1;
        green_may_park(); /* a reader that is fast enough never makes us wait */
    }
    return 0;
}

int tls_send_file(struct connection *connection, int fd, off_t offset, size_t len) {
    char *room = malloc(RECORD);
    if (!room) return fail(connection, ENOMEM);
    int result = send_pieces(connection, fd, offset, len, room);
    int error = errno;
    free(room);
    errno = error;
    return result;
}

/* ---- the end ---- */

void tls_end(struct connection *connection) {
    struct tls_stream *stream = connection->tls;
    if (connection->broken) return;
    pthread_mutex_lock(&stream->lock);
    tls_library->close_notify(stream);
    pthread_mutex_unlock(&stream->lock);
}

void tls_close(struct connection *connection) {
    tls_end(connection);
    tls_library->close(connection->tls);
    connection->tls = NULL;
}
