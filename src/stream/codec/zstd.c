#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "stream/codec.h"

/* 8 MiB: RFC 9659. Levels beyond 19 would use more, and some hundred MiB of memory. */
enum { WINDOW_LOG_MAX = 23, LEVEL_MAX = 19 };

static void advance(struct codec_io *io, size_t in, size_t out) {
    io->in += in;
    io->in_len -= in;
    io->out += out;
    io->out_len -= out;
}

static enum codec_result error_of(size_t result) {
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? CODEC_NO_MEMORY : CODEC_BAD;
}

/* ---- encoding ---- */

static void *open_encoder(int level) {
    ZSTD_CCtx *encoder = ZSTD_createCCtx();
    if (!encoder) {
        errno = ENOMEM;
        return NULL;
    }
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, 1);
    return encoder;
}

static enum codec_result encode(void *state, struct codec_io *io, enum codec_wish wish) {
    static const ZSTD_EndDirective wishes[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer in = {io->in, io->in_len, 0};
    ZSTD_outBuffer out = {io->out, io->out_len, 0};
    size_t left = ZSTD_compressStream2(state, &out, &in, wishes[wish]);
    advance(io, in.pos, out.pos);
    if (ZSTD_isError(left)) return error_of(left);
    return left == 0 && wish != CODEC_RUN ? CODEC_DONE : CODEC_OK;
}

static void close_encoder(void *state) { ZSTD_freeCCtx(state); }

/* ---- decoding ---- */

struct decoder {
    ZSTD_DCtx *zstd;
    bool at_end; /* of a frame */
};

static void *open_decoder(int level) {
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder && (decoder->zstd = ZSTD_createDCtx())) {
        ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
        return decoder;
    }
    free(decoder);
    errno = ENOMEM;
    return NULL;
}

static enum codec_result decode(void *state, struct codec_io *io, enum codec_wish wish) {
    struct decoder *decoder = state;
    if (decoder->at_end && io->in_len == 0) return CODEC_DONE;
    ZSTD_inBuffer in = {io->in, io->in_len, 0};
    ZSTD_outBuffer out = {io->out, io->out_len, 0};
    size_t left = ZSTD_decompressStream(decoder->zstd, &out, &in);
    advance(io, in.pos, out.pos);
    if (ZSTD_isError(left)) return error_of(left);
    decoder->at_end = left == 0;
    return decoder->at_end ? CODEC_DONE : CODEC_OK;
}

static void close_decoder(void *state) {
    ZSTD_freeDCtx(((struct decoder *)state)->zstd);
    free(state);
}

const struct codec_pair codec_zstd = {
    .encoder = {3, LEVEL_MAX, 1, open_encoder, encode, close_encoder},
    .decoder = {.open = open_decoder, .run = decode, .close = close_decoder},
};
