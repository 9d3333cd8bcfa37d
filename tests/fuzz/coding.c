/* However compressed bytes are cut into pieces, they decode to the same, by a reader and by a
 * writer, and to no more than is allowed; and what was encoded decodes to itself. */
#include <assert.h>
#include <stdlib.h>

#include "greenroom/green.h"
#include "stream/codec.h"
#include "stream/stream.h"

/* No runtime: nobody's patience ends. And no library to be loaded: it is linked. */
bool gr_cancelled(void) { return false; }
int64_t gr_deadline(void) { return 0; }
int64_t gr_now(void) { return 0; }
const struct codec_pair *const *codecs_load(void) { return codec_table; }

struct source {
    gr_reader reader;
    const char *data;
    size_t len, step;
};

static ssize_t source_read(gr_reader *reader, void *buffer, size_t len) {
    struct source *source = (struct source *)reader;
    if (len > source->step) len = source->step;
    if (len > source->len) len = source->len;
    memcpy(buffer, source->data, len);
    source->data += len;
    source->len -= len;
    return (ssize_t)len;
}

static void source_close(gr_reader *reader, bool excused) {}

static const struct reader_type source_type = {.read = source_read, .close = source_close};

struct sink {
    gr_writer writer;
    char *data;
    size_t len;
    int releases;
};

static int sink_write(gr_writer *writer, struct iovec *parts, int count) {
    struct sink *sink = (struct sink *)writer;
    for (int i = 0; i < count; i++) {
        sink->data = realloc(sink->data, sink->len + parts[i].iov_len + 1);
        memcpy(sink->data + sink->len, parts[i].iov_base, parts[i].iov_len);
        sink->len += parts[i].iov_len;
    }
    return 0;
}

static int sink_finish(gr_writer *writer) { return 0; }

static void sink_release(gr_writer *writer, int error) { ((struct sink *)writer)->releases++; }

static const struct writer_type sink_type = {
    .write = sink_write, .finish = sink_finish, .release = sink_release};

struct result {
    char *data;
    size_t len;
    int error;
};

static struct result by_reader(const char *data, size_t len, gr_coding coding, size_t step,
                               size_t room, uint64_t max) {
    struct source source = {{.type = &source_type}, data, len, step};
    gr_reader *reader = gr_reader_decode(&source.reader, coding, max);
    struct result result = {.data = malloc(max + room)};
    ssize_t n;
    while ((n = gr_reader_read(reader, result.data + result.len, room)) > 0) {
        result.len += (size_t)n;
        assert(result.len <= max);
    }
    result.error = n < 0 ? errno : 0;
    gr_reader_close(reader);
    return result;
}

static struct result by_writer(const char *data, size_t len, gr_coding coding, size_t step,
                               uint64_t max) {
    struct sink sink = {.writer.type = &sink_type};
    gr_writer *writer = gr_writer_decode(&sink.writer, coding, max);
    int error = 0;
    for (size_t part; len > 0 && !error; data += part, len -= part) {
        part = len < step ? len : step;
        if (gr_writer_write(writer, data, part) < 0) error = errno;
    }
    if (gr_writer_close(writer) < 0 && !error) error = errno;
    assert(sink.releases == 1 && sink.len <= max);
    return (struct result){sink.data, sink.len, error};
}

/* What has been read before an error depends on the pieces; how it ends does not, unless the limit
 * is reached in the same piece as the damage. */
static void assert_same(struct result a, struct result b) {
    bool by_limit = a.error == EFBIG || b.error == EFBIG;
    assert(a.error == b.error || (by_limit && a.error && b.error));
    assert(a.error || (a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0)));
}

static void check_pieces(const char *data, size_t len, gr_coding coding, size_t step) {
    enum { MAX = 20000 };
    struct result whole = by_reader(data, len, coding, SIZE_MAX, 65536, MAX);
    struct result pieces = by_reader(data, len, coding, step, 1 + step * 7, MAX);
    struct result pushed = by_writer(data, len, coding, step, MAX);
    assert_same(whole, pieces);
    assert_same(whole, pushed);
    free(whole.data);
    free(pieces.data);
    free(pushed.data);
}

static void check_round_trip(const char *data, size_t len, gr_coding coding, size_t step) {
    struct sink sink = {.writer.type = &sink_type};
    gr_writer *writer = gr_writer_encode(&sink.writer, coding, 1);
    size_t half = len / 2;
    int failed = gr_writer_write(writer, data, half) | gr_writer_flush(writer) |
                 gr_writer_write(writer, data + half, len - half) | gr_writer_close(writer);
    assert(!failed && sink.releases == 1);
    struct result result = by_reader(sink.data, sink.len, coding, step, 100, len);
    assert(result.error == 0 && result.len == len && memcmp(result.data, data, len) == 0);
    free(result.data);
    free(sink.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte chooses the coding and the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const char *data = (const char *)bytes + 1;
    gr_coding coding = bytes[0] % CODECS;
    size_t step = 1 + bytes[0] / CODECS;

    check_pieces(data, size - 1, coding, step);
    if (bytes[0] & 0x40) check_round_trip(data, size - 1, coding, step);
    return 0;
}
