/* A reader of what a function brings, piece by piece. */
#include <stdlib.h>

#include "stream/stream.h"

struct pull_reader {
    gr_reader reader;
    gr_pull *pull;
    void *data;
    gr_slice piece; /* what is left of the last one */
};

static ssize_t pull_peek(gr_reader *reader, gr_slice *bytes) {
    struct pull_reader *pull = (struct pull_reader *)reader;
    while (!pull->piece.len) {
        int more = pull->pull(pull->data, &pull->piece);
        if (more <= 0) {
            pull->piece.len = 0;
            return more;
        }
    }
    *bytes = pull->piece;
    return (ssize_t)bytes->len;
}

static void pull_consume(gr_reader *reader, size_t len) {
    struct pull_reader *pull = (struct pull_reader *)reader;
    pull->piece.data += len;
    pull->piece.len -= len;
}

static ssize_t pull_read(gr_reader *reader, void *buffer, size_t len) {
    gr_slice bytes;
    ssize_t n = pull_peek(reader, &bytes);
    if (n <= 0) return n;
    if ((size_t)n > len) n = (ssize_t)len;
    memcpy(buffer, bytes.data, (size_t)n);
    pull_consume(reader, (size_t)n);
    return n;
}

static void pull_close(gr_reader *reader, bool excused) { free(reader); }

static const struct reader_type pull_reader = {
    .read = pull_read,
    .peek = pull_peek,
    .consume = pull_consume,
    .close = pull_close,
};

gr_reader *gr_reader_pull(gr_pull *pull, void *data) {
    struct pull_reader *reader = malloc(sizeof *reader);
    if (!reader) return NULL;
    *reader = (struct pull_reader){.reader.type = &pull_reader, .pull = pull, .data = data};
    return &reader->reader;
}
