#include "http/chunked.h"

#include "http/octets.h"

/*   ┌─▶ SIZE ─▶ (EXTENSION) ─▶ SIZE_LF ─┬─ 0 ─▶ trailers ─▶ END
 *   └─ DATA_LF ◀─ DATA_CR ◀─ DATA ◀─────┘
 *
 *   trailers: LINE ─▶ NAME ─▶ VALUE ─▶ VALUE_LF ─▶ LINE ... LINE ─▶ LAST_LF */
enum state {
    SIZE, /* the first byte must be a digit */
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_LINE,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_VALUE_LF,
    LAST_LF,
    END,
    BAD,
};

enum {
    SIZE_DIGITS_MAX = 16,
    SIZE_LINE_MAX = 4096,
    EXTENSIONS_MAX = 16384, /* of a whole body */
    TRAILERS_MAX = 8192,
};

void chunked_decoder_init(struct chunked_decoder *decoder) {
    *decoder = (struct chunked_decoder){.state = SIZE};
}

static enum state enter(struct chunked_decoder *decoder, enum state state) {
    decoder->overhead = 0;
    return state;
}

/* overhead counts the byte at hand already, so in SIZE it counts the digits. */
static enum state step_size(struct chunked_decoder *decoder, char c) {
    if (octet_is(c, OCTET_HEX)) {
        if (decoder->overhead > SIZE_DIGITS_MAX) return BAD;
        decoder->left = decoder->left << 4 | octet_hex(c);
        return SIZE;
    }
    if (decoder->overhead == 1) return BAD;
    return c == '\r' ? SIZE_LF : c == ';' ? EXTENSION : BAD;
}

static enum state step_extension(struct chunked_decoder *decoder, char c) {
    if (c == '\r') return SIZE_LF;
    if (++decoder->extensions > EXTENSIONS_MAX || !octet_is_text(c) || (signed char)c < 0)
        return BAD;
    return EXTENSION;
}

static enum state step_chunk_head(struct chunked_decoder *decoder, char c) {
    if (++decoder->overhead > SIZE_LINE_MAX) return BAD;
    switch ((enum state)decoder->state) {
    case SIZE:
        return step_size(decoder, c);
    case EXTENSION:
        return step_extension(decoder, c);
    case SIZE_LF:
        return c != '\n' ? BAD : enter(decoder, decoder->left ? DATA : TRAILER_LINE);
    default:
        return BAD;
    }
}

static enum state step_trailers(struct chunked_decoder *decoder, char c) {
    if (++decoder->overhead > TRAILERS_MAX) return BAD;
    switch ((enum state)decoder->state) {
    case TRAILER_LINE:
        return c == '\r' ? LAST_LF : octet_is(c, OCTET_TOKEN) ? TRAILER_NAME : BAD;
    case TRAILER_NAME:
        return c == ':' ? TRAILER_VALUE : octet_is(c, OCTET_TOKEN) ? TRAILER_NAME : BAD;
    case TRAILER_VALUE:
        return c == '\r' ? TRAILER_VALUE_LF : octet_is_text(c) ? TRAILER_VALUE : BAD;
    case TRAILER_VALUE_LF:
        return c == '\n' ? TRAILER_LINE : BAD;
    case LAST_LF:
        return c == '\n' ? END : BAD;
    default:
        return BAD;
    }
}

static enum state step(struct chunked_decoder *decoder, char c) {
    if (decoder->state < DATA) return step_chunk_head(decoder, c);
    if (decoder->state == DATA_CR) return c == '\r' ? DATA_LF : BAD;
    if (decoder->state == DATA_LF) return c == '\n' ? enter(decoder, SIZE) : BAD;
    return step_trailers(decoder, c);
}

enum chunked_result chunked_decode(struct chunked_decoder *decoder, const char *data, size_t len,
                                   size_t *used, gr_slice *payload) {
    size_t i = 0;

    while (i < len && decoder->state < END && decoder->state != DATA)
        decoder->state = (uint8_t)step(decoder, data[i++]);
    *used = i;
    if (decoder->state == BAD) return CHUNKED_BAD;
    if (decoder->state == END) return CHUNKED_END;
    if (i == len) return CHUNKED_MORE;

    size_t rest = len - i;
    *payload = (gr_slice){data + i, decoder->left < rest ? (size_t)decoder->left : rest};
    *used += payload->len;
    chunked_skip(decoder, payload->len);
    return CHUNKED_DATA;
}

uint64_t chunked_direct(const struct chunked_decoder *decoder) {
    return decoder->state == DATA ? decoder->left : 0;
}

void chunked_skip(struct chunked_decoder *decoder, uint64_t len) {
    decoder->left -= len;
    if (decoder->left == 0) decoder->state = DATA_CR;
}

size_t chunk_head(char out[CHUNK_HEAD_MAX], size_t len) {
    size_t digits = 1, end;

    for (size_t rest = len >> 4; rest; rest >>= 4) digits++;
    end = digits;
    while (digits > 0) {
        out[--digits] = "0123456789abcdef"[len & 0xf];
        len >>= 4;
    }
    out[end++] = '\r';
    out[end++] = '\n';
    return end;
}
