#include "stream/codec.h"

const struct codec_pair *const codec_table[CODECS] = {
    [GR_GZIP] = &codec_gzip,
    [GR_DEFLATE] = &codec_deflate,
    [GR_BROTLI] = &codec_brotli,
    [GR_ZSTD] = &codec_zstd,
};
