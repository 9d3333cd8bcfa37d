#include "http/url.h"

#include "http/octets.h"

ssize_t url_decode(gr_slice text, char *out) {
    if (text.len == 0) return 0;
    const char *at = text.data, *end = at + text.len;
    char *to = out;

    while (at < end) {
        if (*at != '%') {
            *to++ = *at++;
            continue;
        }
        if (end - at < 3 || !octet_is(at[1], OCTET_HEX) || !octet_is(at[2], OCTET_HEX)) return -1;
        char byte = (char)(octet_hex(at[1]) << 4 | octet_hex(at[2]));
        if (byte == '\0') return -1;
        *to++ = byte;
        at += 3;
    }
    return to - out;
}
