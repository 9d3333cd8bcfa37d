/* The chunked coding as a filter. Payload is not copied on its way: it is read straight into the
 * caller's buffer, and written from it. */
#include "http/chunked.h"

#include <stdlib.h>

#include "stream/stream.h"

struct chunked_reader {
    gr_reader reader;
    gr_reader *source;
    struct chunked_decoder decoder;
    size_t payload; /* bytes at the front of source that the decoder has passed: of the body */
};

/* Decodes what source has until payload is at its front. Returns 1, 0 at the end of the body, or -1
 * with errno. Parks. */
static int find_payload(struct chunked_reader *chunked) {
    while (!chunked->payload) {
        gr_slice coded, payload = {NULL, 0};
        ssize_t n = gr_reader_peek(chunked->source, &coded);
        if (n <= 0) return n < 0 ? -1 : stream_fail(ENODATA);
        size_t used;
        enum chunked_result result =
            chunked_decode(&chunked->decoder, coded.data, coded.len, &used, &payload);
        if (result == CHUNKED_BAD) return stream_fail(EPROTO);
        chunked->payload = payload.len;
        gr_reader_consume(chunked->source, used - payload.len);
        if (result == CHUNKED_END) return 0;
    }
    return 1;
}

static size_t least(size_t a, uint64_t b) { return a < b ? a : (size_t)b; }

static ssize_t chunked_read(gr_reader *reader, void *buffer, size_t len) {
    struct chunked_reader *chunked = (struct chunked_reader *)reader;
    uint64_t direct = chunked_direct(&chunked->decoder);
    if (!chunked->payload && direct) {
        ssize_t n = gr_reader_read(chunked->source, buffer, least(len, direct));
        if (n > 0) chunked_skip(&chunked->decoder, (uint64_t)n);
        return n ? n : stream_fail(ENODATA);
    }
    int found = find_payload(chunked);
    if (found <= 0) return found;
    ssize_t n = gr_reader_read(chunked->source, buffer, least(len, chunked->payload));
    if (n > 0) chunked->payload -= (size_t)n;
    return n;
}

static ssize_t chunked_peek(gr_reader *reader, gr_slice *bytes) {
    struct chunked_reader *chunked = (struct chunked_reader *)reader;
    int found = find_payload(chunked);
    if (found <= 0) return found;
    if (gr_reader_peek(chunked->source, bytes) < 0) return -1;
    bytes->len = least(bytes->len, chunked->payload);
    return (ssize_t)bytes->len;
}

static void chunked_consume(gr_reader *reader, size_t len) {
    struct chunked_reader *chunked = (struct chunked_reader *)reader;
    gr_reader_consume(chunked->source, len);
    chunked->payload -= len;
}

static void chunked_close(gr_reader *reader, bool excused) {
    reader_close(((struct chunked_reader *)reader)->source, excused);
    free(reader);
}

static const struct reader_type chunked_reader = {
    .read = chunked_read,
    .peek = chunked_peek,
    .consume = chunked_consume,
    .close = chunked_close,
};

bool reader_in_chunk(const gr_reader *reader) {
    const struct chunked_reader *chunked = (const struct chunked_reader *)reader;
    return chunked->payload || chunked_direct(&chunked->decoder);
}

gr_reader *gr_reader_chunked(gr_reader *source) {
    if (!source) return NULL;
    struct chunked_reader *chunked = malloc(sizeof *chunked);
    if (!chunked) {
        reader_close(source, true);
        return NULL;
    }
    *chunked = (struct chunked_reader){.reader.type = &chunked_reader, .source = source};
    chunked_decoder_init(&chunked->decoder);
    return &chunked->reader;
}

/* ---- writing ---- */

enum { PARTS = 16 }; /* of a chunk that are gathered on the stack */

struct chunked_writer {
    gr_writer writer;
    gr_writer *sink;
};

static int write_chunk(gr_writer *sink, const struct iovec *parts, int count) {
    char size_line[CHUNK_HEAD_MAX];
    struct iovec all[PARTS + 2];
    size_t len = 0;
    for (int i = 0; i < count; i++) len += parts[i].iov_len;
    if (len == 0) return 0; /* a chunk of size 0 would end the body */
    all[0] = (struct iovec){size_line, chunk_head(size_line, len)};
    memcpy(all + 1, parts, (size_t)count * sizeof *parts);
    all[count + 1] = (struct iovec){"\r\n", 2};
    return gr_writer_writev(sink, all, count + 2);
}

static int chunked_write(gr_writer *writer, struct iovec *parts, int count) {
    gr_writer *sink = ((struct chunked_writer *)writer)->sink;
    for (; count > PARTS; parts += PARTS, count -= PARTS)
        if (write_chunk(sink, parts, PARTS) < 0) return -1;
    return write_chunk(sink, parts, count);
}

static int chunked_flush(gr_writer *writer) {
    return gr_writer_flush(((struct chunked_writer *)writer)->sink);
}

static int chunked_finish(gr_writer *writer) {
    struct chunked_writer *chunked = (struct chunked_writer *)writer;
    if (gr_writer_write(chunked->sink, "0\r\n\r\n", 5) < 0) return -1;
    gr_writer *sink = chunked->sink;
    chunked->sink = NULL;
    return gr_writer_close(sink);
}

static void chunked_release(gr_writer *writer, int error) {
    gr_writer_abort(((struct chunked_writer *)writer)->sink, error);
    free(writer);
}

static const struct writer_type chunked_writer = {
    .write = chunked_write,
    .flush = chunked_flush,
    .finish = chunked_finish,
    .release = chunked_release,
};

gr_writer *gr_writer_chunked(gr_writer *sink) {
    if (!sink) return NULL;
    struct chunked_writer *chunked = malloc(sizeof *chunked);
    if (!chunked) {
        gr_writer_abort(sink, ENOMEM);
        return NULL;
    }
    *chunked = (struct chunked_writer){{.type = &chunked_writer}, sink};
    return &chunked->writer;
}
