/* TLS on both directions of a connection. What has been received is fed to the session, and what is
 * said is drained from it: each under the lock of the session, which nobody holds while a stream is
 * read or written. */
#include "greenroom/tls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/library.h"
#include "stream/stream.h"
#include "tls/session.h"

enum { RECORD = 16 * 1024, DRAIN = RECORD + 512 };

struct gr_tls {
    struct tls_context *context;
    bool client;
};

static const struct tls_session_engine *engine; /* whoever writes it writes the same */

_Static_assert((int)GR_TLS_WHY_SIZE == (int)TLS_WHY_SIZE, "sentences are passed on");

/* ---- settings ---- */

static int load(char *why) {
    if (!engine) engine = library_object("libgreenroom-tls.so", "tls_session_engine");
    if (engine) return 0;
    snprintf(why, GR_TLS_WHY_SIZE, "TLS is not to be had: %s", dlerror());
    return stream_fail(ELIBACC);
}

static int check(const gr_tls_files *files, bool client, char *why) {
    const char *wrong = NULL;
    if (!files->certificate != !files->key) wrong = "a certificate and its key go together";
    if (!files->certificate && !client) wrong = "a server needs a certificate";
    if (!wrong) return 0;
    snprintf(why, GR_TLS_WHY_SIZE, "%s", wrong);
    return stream_fail(EINVAL);
}

static gr_tls *open_settings(const gr_tls_files *files, bool client, char *why) {
    if (check(files, client, why) < 0 || load(why) < 0) return NULL;
    const struct tls_files read = {
        .certificates = &files->certificate,
        .keys = &files->key,
        .count = files->certificate ? 1 : 0,
        .client_ca = files->authorities,
        .client_required = true,
        .anybody = files->anybody,
        .protocol = files->protocol,
    };
    gr_tls *tls = malloc(sizeof *tls);
    if (!tls) {
        snprintf(why, GR_TLS_WHY_SIZE, "no memory");
        return NULL;
    }
    *tls = (gr_tls){engine->context_open(&read, client, why), client};
    if (tls->context) return tls;
    free(tls);
    errno = EINVAL;
    return NULL;
}

gr_tls *gr_tls_client(const gr_tls_files *files, char why[GR_TLS_WHY_SIZE]) {
    return open_settings(files, true, why);
}

gr_tls *gr_tls_server(const gr_tls_files *files, char why[GR_TLS_WHY_SIZE]) {
    return open_settings(files, false, why);
}

void gr_tls_close(gr_tls *tls) {
    if (!tls) return;
    engine->context_close(tls->context);
    free(tls);
}

/* ---- a connection ---- */

struct connection {
    gr_reader reader;
    gr_writer writer;
    gr_reader *source;
    gr_writer *sink;
    struct tls_session *session;
    pthread_mutex_t lock; /* of the session */
    int users;            /* directions that are still open. Atomic */
    char drained[DRAIN];  /* the writer's */
};

static struct connection *of_reader(gr_reader *reader) {
    return (struct connection *)((char *)reader - offsetof(struct connection, reader));
}

static struct connection *of_writer(gr_writer *writer) {
    return (struct connection *)((char *)writer - offsetof(struct connection, writer));
}

static void leave(struct connection *connection) {
    if (__atomic_sub_fetch(&connection->users, 1, __ATOMIC_ACQ_REL)) return;
    engine->close(connection->session);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}

/* Feeds what the source has. Returns 0, or -1 with errno. Parks. */
static int take_in(struct connection *connection) {
    gr_slice bytes;
    ssize_t n = gr_reader_peek(connection->source, &bytes);
    if (n <= 0) return n < 0 ? -1 : stream_fail(ENODATA);
    size_t len = bytes.len < RECORD ? bytes.len : RECORD;
    pthread_mutex_lock(&connection->lock);
    int error = -engine->feed(connection->session, bytes.data, len);
    pthread_mutex_unlock(&connection->lock);
    gr_reader_consume(connection->source, len);
    return error ? stream_fail(error) : 0;
}

/* Sends what there is to be sent. Returns 0, or -1 with errno. Parks. */
static int send_out(struct connection *connection) {
    for (;;) {
        pthread_mutex_lock(&connection->lock);
        size_t len = engine->drain(connection->session, connection->drained, DRAIN);
        pthread_mutex_unlock(&connection->lock);
        if (!len) return 0;
        if (gr_writer_write(connection->sink, connection->drained, len) < 0) return -1;
    }
}

/* The same after the session has failed, with what it has to say of that. Returns -1. */
static int say_last(struct connection *connection, int error) {
    send_out(connection);
    return stream_fail(error);
}

/* ---- reading ---- */

static ssize_t tls_read(gr_reader *reader, void *buffer, size_t len) {
    struct connection *connection = of_reader(reader);
    for (bool again = false;; again = true) {
        pthread_mutex_lock(&connection->lock);
        long n = engine->read(connection->session, buffer, len);
        pthread_mutex_unlock(&connection->lock);
        if (n >= 0) return n;
        if (n != -EAGAIN) return stream_fail((int)-n);
        if (again && stream_check_patience() < 0) return -1;
        if (take_in(connection) < 0) return -1;
    }
}

static ssize_t tls_try_read(gr_reader *reader, void *buffer, size_t len) {
    struct connection *connection = of_reader(reader);
    char bytes[1024];
    for (;;) {
        pthread_mutex_lock(&connection->lock);
        long n = engine->read(connection->session, buffer, len);
        pthread_mutex_unlock(&connection->lock);
        if (n >= 0) return n;
        if (n != -EAGAIN) return stream_fail((int)-n);
        ssize_t came = gr_reader_try_read(connection->source, bytes, sizeof bytes);
        if (came <= 0) return came < 0 ? -1 : stream_fail(ENODATA);
        pthread_mutex_lock(&connection->lock);
        int error = -engine->feed(connection->session, bytes, (size_t)came);
        pthread_mutex_unlock(&connection->lock);
        if (error) return stream_fail(error);
    }
}

static void tls_close_reader(gr_reader *reader, bool excused) {
    struct connection *connection = of_reader(reader);
    reader_close(connection->source, excused || reader->ended);
    leave(connection);
}

static const struct reader_type tls_reader = {
    .read = tls_read,
    .try_read = tls_try_read,
    .close = tls_close_reader,
};

/* ---- writing ---- */

static int write_record(struct connection *connection, const char *data, size_t len) {
    pthread_mutex_lock(&connection->lock);
    int error = -engine->write(connection->session, data, len);
    pthread_mutex_unlock(&connection->lock);
    return error ? say_last(connection, error) : send_out(connection);
}

static int tls_write(gr_writer *writer, struct iovec *parts, int count) {
    while (count > 0) {
        size_t len = parts->iov_len < RECORD ? parts->iov_len : RECORD;
        if (write_record(of_writer(writer), parts->iov_base, len) < 0) return -1;
        count = parts_advance(&parts, count, len);
    }
    return 0;
}

static int tls_flush(gr_writer *writer) { return gr_writer_flush(of_writer(writer)->sink); }

static int tls_finish(gr_writer *writer) {
    struct connection *connection = of_writer(writer);
    pthread_mutex_lock(&connection->lock);
    int error = -engine->end(connection->session);
    pthread_mutex_unlock(&connection->lock);
    if (error) return say_last(connection, error);
    if (send_out(connection) < 0) return -1;
    gr_writer *sink = connection->sink;
    connection->sink = NULL;
    return gr_writer_close(sink);
}

static void tls_release(gr_writer *writer, int error) {
    struct connection *connection = of_writer(writer);
    gr_writer_abort(connection->sink, error);
    leave(connection);
}

static const struct writer_type tls_writer = {
    .write = tls_write,
    .flush = tls_flush,
    .finish = tls_finish,
    .release = tls_release,
};

/* ---- the start ---- */

static int say_errno(char *why) {
    snprintf(why, GR_TLS_WHY_SIZE, "%s",
             errno == ENODATA ? "the other side has gone" : strerror(errno));
    return -1;
}

/* What has been said of it is to arrive. */
static void part(struct connection *connection) {
    gr_writer *sink = connection->sink;
    if (send_out(connection) < 0) return;
    connection->sink = NULL;
    if (gr_writer_close(sink) < 0) errno = 0; /* there is nobody to tell */
}

static int shake_hands(struct connection *connection, char *why) {
    int done;
    while ((done = engine->handshake(connection->session, why)) == 0)
        if (send_out(connection) < 0 || take_in(connection) < 0) return say_errno(why);
    if (done > 0) return send_out(connection) < 0 ? say_errno(why) : 0;
    part(connection);
    return stream_fail(-done);
}

static struct connection *new_connection(gr_tls *tls, const char *host, char *why) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection || !(connection->session = engine->open(tls->context, host))) {
        bool bad = connection && host;
        snprintf(why, GR_TLS_WHY_SIZE, bad ? "%s is not a host" : "no memory", host);
        free(connection);
        errno = bad ? EINVAL : ENOMEM;
        return NULL;
    }
    connection->reader.type = &tls_reader;
    connection->writer.type = &tls_writer;
    pthread_mutex_init(&connection->lock, NULL);
    connection->users = 2;
    return connection;
}

static int start(gr_tls *tls, const char *host, gr_reader **reader, gr_writer **writer, char *why) {
    if (tls->client != (host != NULL)) {
        snprintf(why, GR_TLS_WHY_SIZE, "a client names the host, a server does not");
        return stream_fail(EINVAL);
    }
    struct connection *connection = new_connection(tls, host, why);
    if (!connection) return -1;
    connection->source = *reader;
    connection->sink = *writer;
    *reader = &connection->reader;
    *writer = &connection->writer;
    return shake_hands(connection, why);
}

int gr_tls_start(gr_tls *tls, const char *host, gr_reader **reader, gr_writer **writer,
                 char why[GR_TLS_WHY_SIZE]) {
    if (*reader && *writer) {
        if (start(tls, host, reader, writer, why) == 0) return 0;
    } else {
        snprintf(why, GR_TLS_WHY_SIZE, "%s", strerror(errno));
    }
    int error = errno;
    reader_close(*reader, true);
    gr_writer_abort(*writer, error);
    *reader = NULL;
    *writer = NULL;
    errno = error;
    return -1;
}
