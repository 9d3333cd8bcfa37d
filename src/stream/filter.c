/* Compression put on a reader or a writer: four combinations of one idea. A reader decodes from
 * what it peeks at in its source straight into the caller's buffer; a writer holds one buffer, of
 * what is on its way to its sink. */
#include <stdlib.h>

#include "stream/codec.h"
#include "stream/stream.h"

enum { BUFFER = 16 * 1024 };

/* No input; not NULL, since it is counted on. */
#define NOTHING ((gr_slice){"", 0})

/* A codec at work. */
struct coder {
    const struct codec *codec;
    void *state;
    bool encodes;
    bool done;     /* decoder: the input may end here */
    uint64_t left; /* decoder: bytes of output that are still allowed */
};

static int coder_open(struct coder *coder, bool encodes, gr_coding coding, int level,
                      uint64_t output_max) {
    if ((unsigned)coding >= CODECS) return stream_fail(EINVAL);
    const struct codec_pair *const *table = codecs_load();
    if (!table) return stream_fail(ELIBACC);
    const struct codec *codec = encodes ? &table[coding]->encoder : &table[coding]->decoder;
    if (level == GR_LEVEL_DEFAULT) level = codec->level_default;
    if (level < codec->level_min || level > codec->level_max) return stream_fail(EINVAL);
    *coder = (struct coder){codec, codec->open(level), encodes, false, output_max};
    return coder->state ? 0 : stream_fail(ENOMEM);
}

static void coder_close(struct coder *coder) { coder->codec->close(coder->state); }

/* Counts output of a decoder. Returns 0, or -1 with errno EFBIG: then it is as if it had not been
 * made. */
static int coder_account(struct coder *coder, struct codec_io *io, size_t room) {
    size_t made = room - io->out_len;
    if (made > coder->left) {
        io->out_len = room;
        return stream_fail(EFBIG);
    }
    coder->left -= made;
    return 0;
}

/* Returns 0, or -1 with errno: what the input, or the library, is to be blamed for. There may be
 * good output even so. */
static int coder_run(struct coder *coder, struct codec_io *io, enum codec_wish wish) {
    size_t room = io->out_len, input = io->in_len;
    enum codec_result result =
        coder->codec->run(coder->state, io, coder->encodes ? wish : CODEC_RUN);
    coder->done = result == CODEC_DONE;
    if (!coder->encodes && coder_account(coder, io, room) < 0) return -1;
    bool stuck = input && io->in_len == input && room && io->out_len == room;
    if (result == CODEC_BAD || stuck) return stream_fail(EPROTO);
    return result == CODEC_NO_MEMORY ? stream_fail(ENOMEM) : 0;
}

/* ---- reading ---- */

struct filter_reader {
    gr_reader reader;
    gr_reader *source;
    struct coder coder;
    bool input_ended;
    bool filled; /* the last buffer: the codec may have more, without more input */
    int error;   /* to be told when what came before it has been read */
};

/* One run of the codec. Returns 0, or -1 with errno. */
static int filter_step(struct filter_reader *filter, struct codec_io *io) {
    gr_slice coded = {NULL, 0};
    if (!filter->filled && !filter->input_ended) {
        ssize_t n = gr_reader_peek(filter->source, &coded);
        if (n < 0) return -1;
        filter->input_ended = n == 0;
    }
    io->in = coded.len ? coded.data : NOTHING.data;
    io->in_len = coded.len;
    int result = coder_run(&filter->coder, io, filter->input_ended ? CODEC_FINISH : CODEC_RUN);
    if (result < 0) filter->error = errno;
    filter->filled = io->out_len == 0;
    if (coded.len) gr_reader_consume(filter->source, coded.len - io->in_len);
    return result;
}

static ssize_t filter_read(gr_reader *reader, void *buffer, size_t len) {
    struct filter_reader *filter = (struct filter_reader *)reader;
    struct codec_io io = {.out = buffer, .out_len = len};
    while (!filter->error) {
        if (filter->input_ended && filter->coder.done) return 0;
        bool dry = filter->input_ended && !filter->filled;
        if (filter_step(filter, &io) < 0 && !filter->error) return -1; /* of the source */
        if (io.out_len < len || filter->error) break;
        if (dry && !filter->coder.done) return stream_fail(ENODATA);
        if (stream_check_patience() < 0) return -1;
    }
    return io.out_len < len ? (ssize_t)(len - io.out_len) : stream_fail(filter->error);
}

static void filter_reader_close(gr_reader *reader, bool excused) {
    struct filter_reader *filter = (struct filter_reader *)reader;
    coder_close(&filter->coder);
    reader_close(filter->source, excused);
    free(filter);
}

static const struct reader_type filter_reader = {.read = filter_read, .close = filter_reader_close};

static gr_reader *reader_over(gr_reader *source, bool encodes, gr_coding coding, int level,
                              uint64_t output_max) {
    if (!source) return NULL;
    struct filter_reader *filter = calloc(1, sizeof *filter);
    if (filter && coder_open(&filter->coder, encodes, coding, level, output_max) == 0) {
        filter->reader.type = &filter_reader;
        filter->source = source;
        return &filter->reader;
    }
    free(filter);
    reader_close(source, true);
    return NULL;
}

gr_reader *gr_reader_encode(gr_reader *source, gr_coding coding, int level) {
    return reader_over(source, true, coding, level, 0);
}

gr_reader *gr_reader_decode(gr_reader *source, gr_coding coding, uint64_t output_max) {
    return reader_over(source, false, coding, 0, output_max);
}

/* ---- writing ---- */

struct filter_writer {
    gr_writer writer;
    gr_writer *sink;
    struct coder coder;
    size_t filled; /* bytes in buffer */
    char buffer[BUFFER];
};

static int pass_on(struct filter_writer *filter) {
    size_t len = filter->filled;
    filter->filled = 0;
    return gr_writer_write(filter->sink, filter->buffer, len);
}

/* Until the codec has taken the input, with room to spare, or has fulfilled the wish. */
static int push(struct filter_writer *filter, gr_slice input, enum codec_wish wish) {
    struct codec_io io = {.in = input.data, .in_len = input.len};
    for (;;) {
        if (filter->filled == BUFFER && pass_on(filter) < 0) return -1;
        io.out = filter->buffer + filter->filled;
        io.out_len = BUFFER - filter->filled;
        if (coder_run(&filter->coder, &io, wish) < 0) return -1;
        filter->filled = BUFFER - io.out_len;
        if (wish == CODEC_RUN ? io.in_len == 0 && io.out_len > 0 : filter->coder.done) return 0;
    }
}

/* What has been decoded is not held back: that would make it no smaller. */
static int filter_write(gr_writer *writer, struct iovec *parts, int count) {
    struct filter_writer *filter = (struct filter_writer *)writer;
    for (int i = 0; i < count; i++) {
        gr_slice part = {parts[i].iov_base, parts[i].iov_len};
        if (part.len && push(filter, part, CODEC_RUN) < 0) return -1;
    }
    return filter->coder.encodes ? 0 : pass_on(filter);
}

static int filter_flush(gr_writer *writer) {
    struct filter_writer *filter = (struct filter_writer *)writer;
    if (filter->coder.encodes && push(filter, NOTHING, CODEC_FLUSH) < 0) return -1;
    return pass_on(filter) < 0 ? -1 : gr_writer_flush(filter->sink);
}

static int filter_finish(gr_writer *writer) {
    struct filter_writer *filter = (struct filter_writer *)writer;
    if (filter->coder.encodes && push(filter, NOTHING, CODEC_FINISH) < 0) return -1;
    if (!filter->coder.done) return stream_fail(ENODATA);
    if (pass_on(filter) < 0) return -1;
    gr_writer *sink = filter->sink;
    filter->sink = NULL;
    return gr_writer_close(sink);
}

static void filter_writer_release(gr_writer *writer, int error) {
    struct filter_writer *filter = (struct filter_writer *)writer;
    coder_close(&filter->coder);
    gr_writer_abort(filter->sink, error);
    free(filter);
}

static const struct writer_type filter_writer = {
    .write = filter_write,
    .flush = filter_flush,
    .finish = filter_finish,
    .release = filter_writer_release,
};

static gr_writer *writer_over(gr_writer *sink, bool encodes, gr_coding coding, int level,
                              uint64_t output_max) {
    if (!sink) return NULL;
    struct filter_writer *filter = malloc(sizeof *filter);
    if (filter && coder_open(&filter->coder, encodes, coding, level, output_max) == 0) {
        filter->writer = (gr_writer){.type = &filter_writer};
        filter->sink = sink;
        filter->filled = 0;
        return &filter->writer;
    }
    free(filter);
    gr_writer_abort(sink, errno);
    return NULL;
}

gr_writer *gr_writer_encode(gr_writer *sink, gr_coding coding, int level) {
    return writer_over(sink, true, coding, level, 0);
}

gr_writer *gr_writer_decode(gr_writer *sink, gr_coding coding, uint64_t output_max) {
    return writer_over(sink, false, coding, 0, output_max);
}
