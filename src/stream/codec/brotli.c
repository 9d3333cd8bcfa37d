#include <brotli/decode.h>
#include <brotli/encode.h>
#include <errno.h>

#include "stream/codec.h"

/* ---- encoding ---- */

static void *open_encoder(int level) {
    BrotliEncoderState *encoder = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    if (!encoder) {
        errno = ENOMEM;
        return NULL;
    }
    BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, (uint32_t)level);
    return encoder;
}

static enum codec_result encode(void *state, struct codec_io *io, enum codec_wish wish) {
    static const BrotliEncoderOperation wishes[] = {
        BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH};
    if (!BrotliEncoderCompressStream(state, wishes[wish], &io->in_len, (const uint8_t **)&io->in,
                                     &io->out_len, (uint8_t **)&io->out, NULL))
        return CODEC_NO_MEMORY;
    bool done = wish == CODEC_FINISH ? BrotliEncoderIsFinished(state)
                                     : io->in_len == 0 && !BrotliEncoderHasMoreOutput(state);
    return done && wish != CODEC_RUN ? CODEC_DONE : CODEC_OK;
}

static void close_encoder(void *state) { BrotliEncoderDestroyInstance(state); }

/* ---- decoding ---- */

static void *open_decoder(int level) {
    BrotliDecoderState *decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (!decoder) errno = ENOMEM;
    return decoder;
}

static bool is_out_of_memory(BrotliDecoderState *decoder) {
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(decoder);
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
           code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
}

static enum codec_result decode(void *state, struct codec_io *io, enum codec_wish wish) {
    if (BrotliDecoderIsFinished(state)) return io->in_len ? CODEC_BAD : CODEC_DONE;
    switch (BrotliDecoderDecompressStream(state, &io->in_len, (const uint8_t **)&io->in,
                                          &io->out_len, (uint8_t **)&io->out, NULL)) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return CODEC_DONE;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return CODEC_OK;
    case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    return is_out_of_memory(state) ? CODEC_NO_MEMORY : CODEC_BAD;
}

static void close_decoder(void *state) { BrotliDecoderDestroyInstance(state); }

const struct codec_pair codec_brotli = {
    .encoder = {5, BROTLI_MAX_QUALITY, BROTLI_MIN_QUALITY, open_encoder, encode, close_encoder},
    .decoder = {.open = open_decoder, .run = decode, .close = close_decoder},
};
