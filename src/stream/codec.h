/* Compression as a function: input to output, no I/O. One file per library in codec/.
 *
 * The libraries are linked to libgreenroom-codec.so, which is loaded when the first filter is made:
 * see base/library.h. */
#ifndef STREAM_CODEC_H
#define STREAM_CODEC_H

#include "greenroom/stream.h"

enum codec_result {
    CODEC_OK,        /* as far as input and room went */
    CODEC_DONE,      /* decoder: the input may end here. Encoder: all is out that was asked for */
    CODEC_BAD,       /* malformed */
    CODEC_NO_MEMORY, /* the library has got none */
};

/* What an encoder is to do beyond taking the input. A decoder is always told CODEC_RUN. */
enum codec_wish { CODEC_RUN, CODEC_FLUSH, CODEC_FINISH };

/* What is left of input and room; counted down. */
struct codec_io {
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

struct codec {
    int level_default, level_max; /* of an encoder; the least is level_min */
    int level_min;

    /* NULL with errno ENOMEM. */
    void *(*open)(int level);

    /* Called again while there is input, or no room was left, or an encoder is not DONE. */
    enum codec_result (*run)(void *state, struct codec_io *io, enum codec_wish wish);

    void (*close)(void *state);
};

struct codec_pair {
    struct codec encoder, decoder;
};

/* By gr_coding: what libgreenroom-codec.so exports. */
enum { CODECS = GR_ZSTD + 1 };
extern GR_API const struct codec_pair *const codec_table[CODECS];

/* The table, loaded at the first call. NULL if that fails; then the log says why. */
const struct codec_pair *const *codecs_load(void);

extern const struct codec_pair codec_gzip, codec_deflate, codec_brotli, codec_zstd;

#endif
