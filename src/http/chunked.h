/* The chunked transfer coding (RFC 9112, 7.1), both ways. No I/O, no allocation. */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "greenroom/base.h"

struct chunked_decoder {
    uint64_t left;       /* data bytes of the chunk still to come */
    uint32_t overhead;   /* bytes of the current size line, or of the trailers so far */
    uint32_t extensions; /* bytes of all chunk extensions so far */
    uint8_t state;
};

void chunked_decoder_init(struct chunked_decoder *decoder);

enum chunked_result {
    CHUNKED_MORE, /* all input used, the body goes on */
    CHUNKED_DATA, /* *payload is a piece of the body inside the input */
    CHUNKED_END,  /* the body and its trailers are complete */
    CHUNKED_BAD,  /* malformed, or a size line over 4 KiB, extensions over 16 KiB in the whole body,
                     or trailers over 8 KiB */
};

/* Decodes from data and says in *used how many bytes it consumed: those of *payload included, and
 * never one past the end of the body. Call again with the rest after CHUNKED_DATA. Sizes are
 * 1 to 16 hex digits, with CRLF or ";" right behind them; chunk extensions are skipped, but hold
 * nothing but visible ASCII and blanks; trailers are checked for form and dropped. */
enum chunked_result chunked_decode(struct chunked_decoder *decoder, const char *data, size_t len,
                                   size_t *used, gr_slice *payload);

/* How many bytes of raw input are certainly payload now: they may be read straight into the
 * application's buffer and reported by chunked_skip. 0 when the decoder is not inside a chunk. */
uint64_t chunked_direct(const struct chunked_decoder *decoder);
void chunked_skip(struct chunked_decoder *decoder, uint64_t len);

enum { CHUNK_HEAD_MAX = 18 };

/* Writes the size line of a chunk of len bytes ("1f\r\n") and returns its length. Behind the data
 * goes CRLF; behind the line of size 0 that ends the body, the trailers or just CRLF. */
size_t chunk_head(char out[CHUNK_HEAD_MAX], size_t len);

#endif
