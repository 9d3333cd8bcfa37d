/* However a chunked body is cut into pieces, it decodes to the same; and what was encoded decodes
 * to itself. */
#include <assert.h>
#include <stdlib.h>

#include "http/chunked.h"

struct body {
    enum chunked_result result;
    char *data; /* room for as many bytes as there were coded ones */
    size_t len, used;
};

static void decode(struct body *body, const char *coded, size_t len, size_t step) {
    struct chunked_decoder decoder;

    chunked_decoder_init(&decoder);
    *body = (struct body){.result = CHUNKED_MORE, .data = malloc(len + 1)};
    while (body->used < len && body->result != CHUNKED_END && body->result != CHUNKED_BAD) {
        size_t part = len - body->used < step ? len - body->used : step, used;
        char *copy = malloc(part);
        gr_slice payload = {NULL, 0};
        memcpy(copy, coded + body->used, part);
        body->result = chunked_decode(&decoder, copy, part, &used, &payload);
        assert(used <= part && payload.len <= used);
        assert(body->result != CHUNKED_MORE || used == part);
        assert((body->result == CHUNKED_DATA) == (payload.len > 0));
        if (payload.len) memcpy(body->data + body->len, payload.data, payload.len);
        body->len += payload.len;
        body->used += used;
        free(copy);
    }
}

static void check_cuts(const char *coded, size_t len, size_t step) {
    struct body whole, pieces;
    decode(&whole, coded, len, len);
    decode(&pieces, coded, len, step);
    assert(whole.result == pieces.result && whole.used == pieces.used && whole.len == pieces.len);
    assert(memcmp(whole.data, pieces.data, whole.len) == 0);
    free(whole.data);
    free(pieces.data);
}

static void check_round_trip(const char *plain, size_t len, size_t chunk) {
    char *coded = malloc(len * (1 + CHUNK_HEAD_MAX + 2) + CHUNK_HEAD_MAX + 2), *to = coded;
    struct body body;

    for (size_t at = 0; at < len; at += chunk) {
        size_t part = len - at < chunk ? len - at : chunk;
        to += chunk_head(to, part);
        to = mempcpy(mempcpy(to, plain + at, part), "\r\n", 2);
    }
    to += chunk_head(to, 0);
    to = mempcpy(to, "\r\n", 2);

    decode(&body, coded, (size_t)(to - coded), 7);
    assert(body.result == CHUNKED_END && body.used == (size_t)(to - coded));
    assert(body.len == len && memcmp(body.data, plain, len) == 0);
    free(body.data);
    free(coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte chooses the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    const char *data = (const char *)bytes + 1;
    size_t step = 1 + bytes[0] % 32;

    check_cuts(data, size - 1, step);
    check_round_trip(data, size - 1, step);
    return 0;
}
