/* gzip and deflate, by zlib. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "stream/codec.h"

/* Window bits as zlib wants to be told; 16 more mean gzip. */
enum { ZLIB = MAX_WBITS, GZIP = MAX_WBITS + 16, MEMORY_LEVEL = 8 };

struct zlib {
    z_stream stream;
    bool members; /* decoder: more may follow where one ends */
    bool at_end;  /* decoder: one has ended */
};

static uInt least(size_t len) { return len < UINT_MAX ? (uInt)len : UINT_MAX; }

static int run(z_stream *stream, struct codec_io *io, int (*fn)(z_stream *, int), int wish) {
    uInt in = least(io->in_len), out = least(io->out_len);
    stream->next_in = (Bytef *)io->in;
    stream->avail_in = in;
    stream->next_out = (Bytef *)io->out;
    stream->avail_out = out;
    int result = fn(stream, wish);
    io->in += in - stream->avail_in;
    io->in_len -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_len -= out - stream->avail_out;
    return result;
}

/* ---- encoding ---- */

static void *open_encoder(int level, int window) {
    struct zlib *zlib = calloc(1, sizeof *zlib);
    if (zlib && deflateInit2(&zlib->stream, level, Z_DEFLATED, window, MEMORY_LEVEL,
                             Z_DEFAULT_STRATEGY) == Z_OK)
        return zlib;
    free(zlib);
    return NULL;
}

static void *open_gzip_encoder(int level) { return open_encoder(level, GZIP); }
static void *open_deflate_encoder(int level) { return open_encoder(level, ZLIB); }

static enum codec_result encode(void *state, struct codec_io *io, enum codec_wish wish) {
    static const int wishes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    switch (run(&((struct zlib *)state)->stream, io, deflate, wishes[wish])) {
    case Z_STREAM_END:
        return CODEC_DONE;
    case Z_OK:
    case Z_BUF_ERROR: /* nothing to do */
        return wish == CODEC_FLUSH && io->out_len > 0 && io->in_len == 0 ? CODEC_DONE : CODEC_OK;
    default:
        return CODEC_BAD;
    }
}

static void close_encoder(void *state) {
    deflateEnd(&((struct zlib *)state)->stream);
    free(state);
}

/* ---- decoding ---- */

static void *open_decoder(int window, bool members) {
    struct zlib *zlib = calloc(1, sizeof *zlib);
    if (zlib && inflateInit2(&zlib->stream, window) == Z_OK) {
        zlib->members = members;
        return zlib;
    }
    free(zlib);
    return NULL;
}

static void *open_gzip_decoder(int level) { return open_decoder(GZIP, true); }
static void *open_deflate_decoder(int level) { return open_decoder(ZLIB, false); }

static enum codec_result decode(void *state, struct codec_io *io, enum codec_wish wish) {
    struct zlib *zlib = state;
    if (zlib->at_end) {
        if (io->in_len == 0) return CODEC_DONE;
        if (!zlib->members) return CODEC_BAD;
        inflateReset(&zlib->stream);
        zlib->at_end = false;
    }
    switch (run(&zlib->stream, io, inflate, Z_NO_FLUSH)) {
    case Z_STREAM_END:
        zlib->at_end = true;
        return CODEC_DONE;
    case Z_OK:
    case Z_BUF_ERROR: /* no input, or no room */
        return CODEC_OK;
    case Z_MEM_ERROR:
        return CODEC_NO_MEMORY;
    default:
        return CODEC_BAD;
    }
}

static void close_decoder(void *state) {
    inflateEnd(&((struct zlib *)state)->stream);
    free(state);
}

const struct codec_pair codec_gzip = {
    .encoder = {6, 9, 0, open_gzip_encoder, encode, close_encoder},
    .decoder = {.open = open_gzip_decoder, .run = decode, .close = close_decoder},
};

const struct codec_pair codec_deflate = {
    .encoder = {6, 9, 0, open_deflate_encoder, encode, close_encoder},
    .decoder = {.open = open_deflate_decoder, .run = decode, .close = close_decoder},
};
