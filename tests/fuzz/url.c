/* Decoding never grows a text or brings in a NUL, and undoes encoding. */
#include <assert.h>
#include <stdlib.h>

#include "http/url.h"

static void check_any(const char *text, size_t len) {
    char *out = malloc(len);
    ssize_t written = url_decode((gr_slice){text, len}, out);

    assert(written >= -1 && written <= (ssize_t)len);
    if (!memchr(text, '%', len)) assert(written == (ssize_t)len && memcmp(out, text, len) == 0);
    if (written > 0 && !memchr(text, '\0', len)) assert(!memchr(out, '\0', (size_t)written));
    free(out);
}

static void check_encoded(const char *plain, size_t len) {
    static const char digits[] = "0123456789abcdefABCDEF";
    char *coded = malloc(3 * len), *out = malloc(3 * len);

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)plain[i];
        coded[3 * i] = '%';
        coded[3 * i + 1] = digits[byte >> 4];
        coded[3 * i + 2] = digits[(byte & 0xf) + ((byte & 0xf) > 9 ? 6 : 0)];
    }
    ssize_t written = url_decode((gr_slice){coded, 3 * len}, out);
    if (memchr(plain, '\0', len))
        assert(written == -1);
    else
        assert(written == (ssize_t)len && memcmp(out, plain, len) == 0);
    free(coded);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) return 0;
    check_any((const char *)bytes, size);
    check_encoded((const char *)bytes, size);
    return 0;
}
