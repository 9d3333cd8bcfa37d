/* What all readers share. */
#include <stdlib.h>

#include "greenroom/green.h"
#include "stream/stream.h"

enum { BUFFER = 16 * 1024 };

int stream_check_patience(void) {
    int64_t deadline = gr_deadline();
    if (gr_cancelled()) return stream_fail(ECANCELED);
    return deadline && gr_now() >= deadline ? stream_fail(ETIMEDOUT) : 0;
}

/* An error that is the caller's own, or none: the stream is as it was. */
static bool is_passing(int error) {
    if (error == EAGAIN || error == EINTR || error == EPERM || error == EOPNOTSUPP) return true;
    if (error == ECANCELED) return gr_cancelled();
    int64_t deadline = gr_deadline();
    return error == ETIMEDOUT && deadline && gr_now() >= deadline;
}

static ssize_t note(gr_reader *reader, ssize_t result) {
    if (result < 0 && !is_passing(errno)) reader->error = errno;
    if (result == 0) reader->ended = true;
    return result;
}

static size_t buffered(const gr_reader *reader) { return reader->end - reader->start; }

static bool is_over(const gr_reader *reader) { return reader->error || reader->ended; }

static ssize_t say_over(const gr_reader *reader) {
    return reader->error ? stream_fail(reader->error) : 0;
}

static ssize_t take(gr_reader *reader, void *buffer, size_t len) {
    size_t n = len < buffered(reader) ? len : buffered(reader);
    memcpy(buffer, reader->buffer + reader->start, n);
    reader->start += n;
    return (ssize_t)n;
}

ssize_t gr_reader_read(gr_reader *reader, void *buffer, size_t len) {
    if (len == 0) return 0;
    if (buffered(reader)) return take(reader, buffer, len);
    if (is_over(reader)) return say_over(reader);
    return note(reader, reader->type->read(reader, buffer, len));
}

ssize_t gr_reader_try_read(gr_reader *reader, void *buffer, size_t len) {
    if (len == 0) return 0;
    if (buffered(reader)) return take(reader, buffer, len);
    if (is_over(reader)) return say_over(reader);
    if (!reader->type->try_read) return stream_fail(EOPNOTSUPP);
    return note(reader, reader->type->try_read(reader, buffer, len));
}

int gr_reader_on_readable(gr_reader *reader, gr_stream_event *event, void *data) {
    if (!reader->type->on_readable) return stream_fail(EOPNOTSUPP);
    reader->type->on_readable(reader, event, data);
    return 0;
}

static ssize_t fill(gr_reader *reader) {
    if (!reader->buffer && !(reader->buffer = malloc(BUFFER))) return -1;
    ssize_t n = reader->type->read(reader, reader->buffer, BUFFER);
    reader->start = 0;
    reader->end = n > 0 ? (size_t)n : 0;
    return n;
}

ssize_t gr_reader_peek(gr_reader *reader, gr_slice *bytes) {
    *bytes = (gr_slice){NULL, 0};
    if (!buffered(reader)) {
        if (is_over(reader)) return say_over(reader);
        if (reader->type->peek) return note(reader, reader->type->peek(reader, bytes));
        ssize_t n = note(reader, fill(reader));
        if (n <= 0) return n;
    }
    *bytes = (gr_slice){reader->buffer + reader->start, buffered(reader)};
    return (ssize_t)bytes->len;
}

void gr_reader_consume(gr_reader *reader, size_t len) {
    if (reader->type->consume)
        reader->type->consume(reader, len);
    else
        reader->start += len;
}

void reader_close(gr_reader *reader, bool excused) {
    if (!reader) return;
    int saved = errno;
    free(reader->buffer);
    reader->type->close(reader, excused || reader->error);
    errno = saved;
}

void gr_reader_close(gr_reader *reader) { reader_close(reader, false); }
