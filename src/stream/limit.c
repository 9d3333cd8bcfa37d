/* Exactly so many bytes. */
#include <stdlib.h>

#include "stream/stream.h"

struct limit_reader {
    gr_reader reader;
    gr_reader *source;
    uint64_t left;
};

static size_t least(size_t len, uint64_t left) { return len < left ? len : (size_t)left; }

static ssize_t took(struct limit_reader *limit, ssize_t n) {
    if (n == 0) return stream_fail(ENODATA);
    if (n > 0) limit->left -= (uint64_t)n;
    return n;
}

static ssize_t limit_read(gr_reader *reader, void *buffer, size_t len) {
    struct limit_reader *limit = (struct limit_reader *)reader;
    if (limit->left == 0) return 0;
    return took(limit, gr_reader_read(limit->source, buffer, least(len, limit->left)));
}

static ssize_t limit_try_read(gr_reader *reader, void *buffer, size_t len) {
    struct limit_reader *limit = (struct limit_reader *)reader;
    if (limit->left == 0) return 0;
    return took(limit, gr_reader_try_read(limit->source, buffer, least(len, limit->left)));
}

/* Needs no buffer of its own: the source has one. */
static ssize_t limit_peek(gr_reader *reader, gr_slice *bytes) {
    struct limit_reader *limit = (struct limit_reader *)reader;
    if (limit->left == 0) return 0;
    ssize_t n = gr_reader_peek(limit->source, bytes);
    if (n <= 0) return n < 0 ? -1 : stream_fail(ENODATA);
    bytes->len = least(bytes->len, limit->left);
    return (ssize_t)bytes->len;
}

static void limit_consume(gr_reader *reader, size_t len) {
    struct limit_reader *limit = (struct limit_reader *)reader;
    gr_reader_consume(limit->source, len);
    limit->left -= len;
}

static void limit_close(gr_reader *reader, bool excused) {
    reader_close(((struct limit_reader *)reader)->source, excused);
    free(reader);
}

static const struct reader_type limit_reader = {
    .read = limit_read,
    .peek = limit_peek,
    .consume = limit_consume,
    .try_read = limit_try_read,
    .close = limit_close,
};

gr_reader *gr_reader_limit(gr_reader *source, uint64_t len) {
    if (!source) return NULL;
    struct limit_reader *limit = malloc(sizeof *limit);
    if (!limit) {
        reader_close(source, true);
        return NULL;
    }
    *limit = (struct limit_reader){{.type = &limit_reader}, source, len};
    return &limit->reader;
}

/* ---- the same for a writer ---- */

struct limit_writer {
    gr_writer writer;
    gr_writer *sink;
    uint64_t left;
};

static int limit_write(gr_writer *writer, struct iovec *parts, int count) {
    struct limit_writer *limit = (struct limit_writer *)writer;
    uint64_t len = 0;
    for (int i = 0; i < count; i++) len += parts[i].iov_len;
    if (len > limit->left) return stream_fail(EMSGSIZE);
    limit->left -= len;
    return gr_writer_writev(limit->sink, parts, count);
}

static int limit_flush(gr_writer *writer) {
    return gr_writer_flush(((struct limit_writer *)writer)->sink);
}

static int limit_finish(gr_writer *writer) {
    struct limit_writer *limit = (struct limit_writer *)writer;
    if (limit->left) return stream_fail(ENODATA);
    gr_writer *sink = limit->sink;
    limit->sink = NULL;
    return gr_writer_close(sink);
}

static void limit_release(gr_writer *writer, int error) {
    gr_writer_abort(((struct limit_writer *)writer)->sink, error);
    free(writer);
}

static const struct writer_type limit_writer = {
    .write = limit_write,
    .flush = limit_flush,
    .finish = limit_finish,
    .release = limit_release,
};

gr_writer *gr_writer_limit(gr_writer *sink, uint64_t len) {
    if (!sink) return NULL;
    struct limit_writer *limit = malloc(sizeof *limit);
    if (!limit) {
        gr_writer_abort(sink, ENOMEM);
        return NULL;
    }
    *limit = (struct limit_writer){{.type = &limit_writer}, sink, len};
    return &limit->writer;
}
