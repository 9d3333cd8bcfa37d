/* Streams for the tests of streams: a source that says what it is told to, and a sink that keeps
 * what it gets. Both count how often they are closed. */
#ifndef STREAM_FIXTURE_H
#define STREAM_FIXTURE_H

#include "runtime_fixture.h"

#include <errno.h>

#include "greenroom/stream.h"
#include "stream/stream.h"

struct source {
    gr_reader reader;
    const char *data;
    size_t len, at;
    size_t step;  /* at most so many bytes a read; 0: as many as are asked for */
    int error;    /* at the end; 0: it ends */
    size_t reads; /* made of it */
    int closed;
};

static inline ssize_t source_read(gr_reader *reader, void *buffer, size_t len) {
    struct source *source = (struct source *)reader;
    source->reads++;
    size_t left = source->len - source->at;
    if (left == 0) return source->error ? stream_fail(source->error) : 0;
    if (source->step && len > source->step) len = source->step;
    if (len > left) len = left;
    memcpy(buffer, source->data + source->at, len);
    source->at += len;
    return (ssize_t)len;
}

static inline void source_close(gr_reader *reader, bool excused) {
    ((struct source *)reader)->closed++;
}

static inline gr_reader *source_of(struct source *source, const void *data, size_t len) {
    static const struct reader_type type = {.read = source_read, .close = source_close};
    *source = (struct source){.reader.type = &type, .data = data, .len = len};
    return &source->reader;
}

struct sink {
    gr_writer writer;
    char *data;
    size_t len, room;
    size_t writes;
    int flushes;
    size_t fails_after; /* bytes; 0: never. Then every write is EIO */
    int ended;          /* how often it was closed */
    int aborted;        /* how often it was aborted */
    int error;          /* with what */
};

static inline int sink_write(gr_writer *writer, struct iovec *parts, int count) {
    struct sink *sink = (struct sink *)writer;
    sink->writes++;
    for (int i = 0; i < count; i++) {
        size_t len = parts[i].iov_len;
        if (sink->fails_after && sink->len + len > sink->fails_after) return stream_fail(EIO);
        if (sink->len + len > sink->room)
            sink->data = realloc(sink->data, sink->room = 2 * (sink->len + len));
        if (len) memcpy(sink->data + sink->len, parts[i].iov_base, len);
        sink->len += len;
    }
    return 0;
}

static inline int sink_flush(gr_writer *writer) {
    ((struct sink *)writer)->flushes++;
    return 0;
}

static inline int sink_finish(gr_writer *writer) { return 0; }

static inline void sink_release(gr_writer *writer, int error) {
    struct sink *sink = (struct sink *)writer;
    if (error) {
        sink->aborted++;
        sink->error = error;
    } else {
        sink->ended++;
    }
}

/* data is the test's to free. */
static inline gr_writer *sink_of(struct sink *sink) {
    static const struct writer_type type = {
        .write = sink_write,
        .flush = sink_flush,
        .finish = sink_finish,
        .release = sink_release,
    };
    *sink = (struct sink){.writer.type = &type};
    return &sink->writer;
}

/* Reads all of it in pieces of step bytes into memory that is the caller's to free. Returns the
 * errno that ended it, or 0. Does not close. */
static inline int read_all(gr_reader *reader, size_t step, char **data, size_t *len) {
    ssize_t n;
    *len = 0;
    *data = malloc(step);
    while ((n = gr_reader_read(reader, *data + *len, step)) > 0) {
        *len += (size_t)n;
        *data = realloc(*data, *len + step);
    }
    return n < 0 ? errno : 0;
}

/* Reproducible noise that compresses somewhat. */
static inline void make_noise(char *data, size_t len, uint32_t seed) {
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = (char)((seed >> 24) & (seed >> 16 & 1 ? 0x0f : 0xff));
    }
}

static inline size_t random_below(uint32_t *seed, size_t bound) {
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % bound;
}

#define assert_fails(call, error)       \
    do {                                \
        errno = 0;                      \
        assert_int_equal(call, -1);     \
        assert_int_equal(errno, error); \
    } while (0)

#endif
