#include "server/endpoint_path.h"

static const char id[] = "{id}", rest[] = "...";

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* A number; eight hexadecimal digits or more with one that is no letter; or one piece that is
 * longer than words are, with a digit. "v2" and "2fa" are names. */
static bool is_id(gr_slice segment) {
    size_t digits = 0, hex = 0, dashes = 0, others = 0;
    for (size_t i = 0; i < segment.len; i++) {
        digits += is_digit(segment.data[i]);
        hex += is_hex(segment.data[i]);
        dashes += segment.data[i] == '-';
        others += segment.data[i] == '_' || segment.data[i] == '.';
    }
    if (!digits) return false;
    return digits + dashes == segment.len || (segment.len >= 8 && hex + dashes == segment.len) ||
           (segment.len >= 16 && dashes + others == 0);
}

size_t endpoint_path(gr_slice path, char *out, size_t room) {
    size_t len = 0, most = room - sizeof rest;
    const char *at = path.data, *end = at + path.len;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        gr_slice segment = {at, (size_t)((slash ? slash : end) - at)};
        if (is_id(segment)) segment = gr_slice_of(id);
        if (len + segment.len + 1 > most) {
            memcpy(out + len, rest, sizeof rest - 1);
            return len + sizeof rest - 1;
        }
        memcpy(out + len, segment.data, segment.len);
        len += segment.len;
        if (slash) out[len++] = '/';
        at = slash ? slash + 1 : end;
    }
    return len;
}
