#include "http/credentials.h"

static const char start[] = "Basic ";

enum { START = sizeof start - 1 };

size_t http_basic_length(size_t user_len, size_t password_len) {
    return START + (user_len + 1 + password_len + 2) / 3 * 4;
}

static unsigned char byte_at(size_t at, gr_slice user, gr_slice password) {
    if (at < user.len) return (unsigned char)user.data[at];
    return at == user.len ? ':' : (unsigned char)password.data[at - user.len - 1];
}

void http_basic(char *out, gr_slice user, gr_slice password) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = user.len + 1 + password.len;
    memcpy(out, start, START);
    out += START;
    for (size_t at = 0; at < len; at += 3) {
        size_t there = len - at < 3 ? len - at : 3;
        unsigned bits = 0;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < there ? byte_at(at + i, user, password) : 0u);
        for (size_t i = 0; i < 4; i++)
            *out++ = i <= there ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
}
