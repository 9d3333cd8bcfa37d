#include "server/mount.h"

#include "http/octets.h"

gr_slice mount;

void mount_init(const char *prefix) { mount = gr_slice_of(prefix); }

static gr_slice behind(gr_slice text, size_t len) {
    return (gr_slice){text.data + len, text.len - len};
}

/* How many bytes of a path as sent spell the prefix; 0 when it does not begin with it. A slash that
 * is encoded parts nothing. */
static size_t spelt(gr_slice sent) {
    const char *at = sent.data, *end = at + sent.len;
    for (size_t i = 0; i < mount.len; i++) {
        bool encoded = at < end && *at == '%';
        if (at == end || (encoded && mount.data[i] == '/')) return 0;
        char c = encoded ? (char)(octet_hex(at[1]) << 4 | octet_hex(at[2])) : *at;
        if (c != mount.data[i]) return 0;
        at += encoded ? 3 : 1;
    }
    return at == end || *at == '/' ? (size_t)(at - sent.data) : 0;
}

bool mount_enter(gr_slice *sent, gr_slice *decoded) {
    size_t len = spelt(*sent);
    if (!len) return false;
    *sent = behind(*sent, len);
    *decoded = behind(*decoded, mount.len);
    if (!sent->len) *sent = (gr_slice){"/", 1};
    return true;
}
