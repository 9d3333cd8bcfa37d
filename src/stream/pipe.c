/* A pipe in memory. Its two ends take turns inside sched_enter, as those of a channel do, so that
 * no lock is needed: nothing parks between looking and changing.
 *
 *      gr_reader end                                       gr_writer end
 *           ▲           ┌───────────────────────────────┐         │
 *           └── start ──│ ring, of high bytes           │◀── put ─┘
 *                       └───────────────────────────────┘◀── excess: what gr_writer_try_write has
 *                                                             accepted beyond the watermark
 *
 * Bytes in the ring never move, so what a reader peeks at stays while the writer goes on. */
#include <stdlib.h>

#include "greenroom/log.h"
#include "runtime/park.h"
#include "stream/stream.h"

enum { HIGH_DEFAULT = 64 * 1024 };

struct event {
    gr_stream_event *fn;
    void *data;
    bool armed;
};

struct pipe {
    gr_reader reader;
    gr_writer writer;
    char *ring;          /* from the first write on */
    size_t high;         /* its size */
    size_t start, count; /* bytes in the ring */
    char *excess;        /* NULL for none */
    size_t excess_start, excess_end;
    struct green *reading, *writing; /* the ends that are parked, or about to run again */
    struct event readable, drain;
    int error;     /* of the writer's abort */
    bool ended;    /* the writer has been closed */
    bool unread;   /* the reader has been closed, */
    bool lost;     /* before it has read all that had been written */
    uint8_t users; /* ends that are still open */
};

static struct pipe *of_reader(gr_reader *reader) {
    return (struct pipe *)((char *)reader - offsetof(struct pipe, reader));
}

static struct pipe *of_writer(gr_writer *writer) {
    return (struct pipe *)((char *)writer - offsetof(struct pipe, writer));
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* ---- waiting, inside sched_enter ---- */

static void wake(struct green *end) {
    if (end) green_wake(end);
}

static void fire(struct event *event) {
    if (!event->armed) return;
    event->armed = false;
    if (event->fn) event->fn(event->data);
}

/* Parks once. Returns 0, or -1 with errno ETIMEDOUT or ECANCELED. */
static int park(struct green **end, struct green *self) {
    *end = self;
    bool expired = green_park(green_expires(self));
    *end = NULL;
    return expired ? stream_fail(green_expiry_errno(self)) : 0;
}

/* ---- the ring ---- */

static bool has_room(const struct pipe *pipe) { return pipe->count < pipe->high; }

/* Copies as much as fits. */
static size_t put(struct pipe *pipe, const char *data, size_t len) {
    size_t total = least(len, pipe->high - pipe->count);
    size_t at = pipe->start + pipe->count;
    if (at >= pipe->high) at -= pipe->high;
    size_t first = least(total, pipe->high - at);
    if (first) memcpy(pipe->ring + at, data, first);
    if (total > first) memcpy(pipe->ring, data + first, total - first);
    pipe->count += total;
    return total;
}

static gr_slice front(const struct pipe *pipe) {
    return (gr_slice){pipe->ring + pipe->start, least(pipe->count, pipe->high - pipe->start)};
}

static void refill(struct pipe *pipe) {
    pipe->excess_start +=
        put(pipe, pipe->excess + pipe->excess_start, pipe->excess_end - pipe->excess_start);
    if (pipe->excess_start < pipe->excess_end) return;
    free(pipe->excess);
    pipe->excess = NULL;
}

static void drop(struct pipe *pipe, size_t len) {
    pipe->count -= len;
    pipe->start += len;
    if (pipe->start >= pipe->high) pipe->start -= pipe->high;
    if (pipe->count == 0) pipe->start = 0; /* the first pages are in the cache */
    if (pipe->excess) refill(pipe);
    if (pipe->count > pipe->high / 2) return;
    wake(pipe->writing);
    fire(&pipe->drain);
}

static int provide_ring(struct pipe *pipe) {
    return pipe->ring || (pipe->ring = malloc(pipe->high)) ? 0 : -1;
}

static void have_more(struct pipe *pipe) {
    wake(pipe->reading);
    fire(&pipe->readable);
}

/* ---- the reader's end ---- */

/* Returns 1 when there are bytes, 0 at the end, or -1 with errno. */
static int await_bytes(struct pipe *pipe, struct green *self) {
    while (pipe->count == 0) {
        if (pipe->error) return stream_fail(pipe->error);
        if (pipe->ended) return 0;
        if (park(&pipe->reading, self) < 0) return -1;
    }
    return 1;
}

static ssize_t take(struct pipe *pipe, char *buffer, size_t len) {
    gr_slice first = front(pipe);
    size_t n = least(len, first.len), more = least(len, pipe->count) - n;
    memcpy(buffer, first.data, n);
    if (more) memcpy(buffer + n, pipe->ring, more);
    drop(pipe, n + more);
    return (ssize_t)(n + more);
}

static ssize_t pipe_read(gr_reader *reader, void *buffer, size_t len) {
    struct pipe *pipe = of_reader(reader);
    struct green *self = green_may_park();
    if (!self) return stream_fail(EPERM);
    sched_enter(self);
    ssize_t n = await_bytes(pipe, self);
    if (n > 0) n = take(pipe, buffer, len);
    sched_leave(self);
    return n;
}

static ssize_t pipe_peek(gr_reader *reader, gr_slice *bytes) {
    struct pipe *pipe = of_reader(reader);
    struct green *self = green_may_park();
    if (!self) return stream_fail(EPERM);
    sched_enter(self);
    ssize_t n = await_bytes(pipe, self);
    if (n > 0) {
        *bytes = front(pipe);
        n = (ssize_t)bytes->len;
    }
    sched_leave(self);
    return n;
}

static void pipe_consume(gr_reader *reader, size_t len) {
    struct green *self = green_self();
    if (len == 0 || !self) return;
    sched_enter(self);
    drop(of_reader(reader), len);
    sched_leave(self);
}

static ssize_t pipe_try_read(gr_reader *reader, void *buffer, size_t len) {
    struct pipe *pipe = of_reader(reader);
    struct green *self = green_self();
    if (!self) return stream_fail(EPERM);
    sched_enter(self);
    ssize_t n = 0;
    if (pipe->count) {
        n = take(pipe, buffer, len);
    } else if (pipe->error || !pipe->ended) {
        pipe->readable.armed = !pipe->error;
        n = stream_fail(pipe->error ? pipe->error : EAGAIN);
    }
    sched_leave(self);
    return n;
}

static void pipe_on_readable(gr_reader *reader, gr_stream_event *event, void *data) {
    struct pipe *pipe = of_reader(reader);
    pipe->readable = (struct event){event, data, pipe->readable.armed};
}

static void pipe_free(struct pipe *pipe) {
    free(pipe->ring);
    free(pipe->excess);
    free(pipe);
}

static void complain(const struct pipe *pipe) {
#ifdef GREENROOM_DEVELOPMENT
    if (pipe->error)
        gr_log(GR_LOG_ERROR, "a stream was closed, and nobody has read its error: %s",
               strerrorname_np(pipe->error));
#endif
}

static void pipe_close_reader(gr_reader *reader, bool excused) {
    struct pipe *pipe = of_reader(reader);
    struct green *self = green_self();
    if (!excused) complain(pipe);
    if (self) sched_enter(self);
    pipe->unread = true;
    pipe->lost = pipe->count > 0;
    pipe->readable.fn = NULL;
    if (self) {
        wake(pipe->writing);
        fire(&pipe->drain);
    }
    bool is_last = --pipe->users == 0;
    if (self) sched_leave(self);
    if (is_last) pipe_free(pipe);
}

static const struct reader_type pipe_reader = {
    .read = pipe_read,
    .peek = pipe_peek,
    .consume = pipe_consume,
    .try_read = pipe_try_read,
    .on_readable = pipe_on_readable,
    .close = pipe_close_reader,
};

/* ---- the writer's end ---- */

static int await_room(struct pipe *pipe, struct green *self) {
    if (has_room(pipe)) return 0;
    while (pipe->count > pipe->high / 2 && !pipe->unread)
        if (park(&pipe->writing, self) < 0) return -1;
    return 0;
}

static int write_part(struct pipe *pipe, struct green *self, const char *data, size_t len) {
    while (len > 0) {
        if (!pipe->unread && await_room(pipe, self) < 0) return -1;
        if (pipe->unread) return stream_fail(EPIPE);
        size_t n = put(pipe, data, len);
        data += n;
        len -= n;
        have_more(pipe);
    }
    return 0;
}

static int pipe_write(gr_writer *writer, struct iovec *parts, int count) {
    struct pipe *pipe = of_writer(writer);
    struct green *self = green_may_park();
    if (!self) return stream_fail(EPERM);
    if (provide_ring(pipe) < 0) return -1;
    int result = 0;
    sched_enter(self);
    for (int i = 0; i < count && result == 0; i++)
        result = write_part(pipe, self, parts[i].iov_base, parts[i].iov_len);
    sched_leave(self);
    return result;
}

static int accept_all(struct pipe *pipe, const char *data, size_t len) {
    if (pipe->unread) return stream_fail(EPIPE);
    if (pipe->drain.armed || !has_room(pipe)) {
        pipe->drain.armed = true;
        return stream_fail(EAGAIN);
    }
    size_t fits = least(len, pipe->high - pipe->count);
    if (len > fits) {
        if (!(pipe->excess = malloc(len - fits))) return -1;
        memcpy(pipe->excess, data + fits, len - fits);
        pipe->excess_start = 0;
        pipe->excess_end = len - fits;
    }
    put(pipe, data, fits);
    pipe->drain.armed = !has_room(pipe);
    int result = pipe->drain.armed ? GR_FULL : 0;
    if (len) have_more(pipe);
    return result;
}

static int pipe_try_write(gr_writer *writer, const void *data, size_t len) {
    struct pipe *pipe = of_writer(writer);
    struct green *self = green_self();
    if (!self) return stream_fail(EPERM);
    if (provide_ring(pipe) < 0) return -1;
    sched_enter(self);
    int result = accept_all(pipe, data, len);
    sched_leave(self);
    return result;
}

static void pipe_on_drain(gr_writer *writer, gr_stream_event *event, void *data) {
    struct pipe *pipe = of_writer(writer);
    pipe->drain = (struct event){event, data, pipe->drain.armed};
}

static int pipe_finish(gr_writer *writer) {
    return of_writer(writer)->lost ? stream_fail(EPIPE) : 0;
}

static void pipe_release(gr_writer *writer, int error) {
    struct pipe *pipe = of_writer(writer);
    struct green *self = green_self();
    if (self) sched_enter(self);
    pipe->error = error;
    pipe->ended = true;
    pipe->drain.fn = NULL;
    if (self) have_more(pipe);
    bool is_last = --pipe->users == 0;
    if (self) sched_leave(self);
    if (is_last) pipe_free(pipe);
}

static const struct writer_type pipe_writer = {
    .write = pipe_write,
    .try_write = pipe_try_write,
    .on_drain = pipe_on_drain,
    .finish = pipe_finish,
    .release = pipe_release,
};

int gr_pipe(size_t high, gr_reader **reader, gr_writer **writer) {
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) return -1;
    pipe->high = high ? high : HIGH_DEFAULT;
    pipe->reader.type = &pipe_reader;
    pipe->writer.type = &pipe_writer;
    pipe->users = 2;
    *reader = &pipe->reader;
    *writer = &pipe->writer;
    return 0;
}
