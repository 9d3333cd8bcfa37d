#include "http/absolute_url.h"

#include "http/octets.h"
#include "http/request_parser.h"

static int fail(const char **why, const char *sentence) {
    *why = sentence;
    return -1;
}

/* Takes "http://" or "https://" off the front. */
static bool take_scheme(gr_slice *text, struct http_url *url) {
    static const gr_slice schemes[] = {{"http://", 7}, {"https://", 8}};
    for (int i = 0; i < 2; i++) {
        gr_slice start = {text->data, schemes[i].len};
        if (text->len < start.len || !gr_slice_equal_nocase(start, schemes[i])) continue;
        url->tls = i == 1;
        url->port = url->tls ? 443 : 80;
        *text = (gr_slice){text->data + start.len, text->len - start.len};
        return true;
    }
    return false;
}

/* Visible ASCII, without the backslash, which some take for a slash. */
static bool is_plain(gr_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || c == '\\') return false;
    }
    return true;
}

static const char *find_any(const char *at, const char *end, const char *bytes) {
    while (at < end && !memchr(bytes, *at, strlen(bytes))) at++;
    return at;
}

/* Parts "host:port", which is well-formed. */
static int part_authority(struct http_url *url, const char **why) {
    const char *at = url->authority.data, *end = at + url->authority.len;
    const char *host_end = *at == '[' ? memchr(at, ']', (size_t)(end - at)) + 1 : NULL;
    if (!host_end) host_end = find_any(at, end, ":");
    url->is_ipv6 = *at == '[';
    url->host = url->is_ipv6 ? (gr_slice){at + 1, (size_t)(host_end - at) - 2}
                             : (gr_slice){at, (size_t)(host_end - at)};
    if (url->host.len == 0) return fail(why, "it names no host");
    if (end - host_end < 2) {
        url->authority.len = (size_t)(host_end - at); /* "host:" is "host" */
        return 0;
    }
    unsigned port = 0;
    for (at = host_end + 1; at < end; at++) port = port * 10 + octet_hex(*at);
    url->port = (uint16_t)port;
    return port ? 0 : fail(why, "its port is 0");
}

int http_url_parse(gr_slice text, struct http_url *url, const char **why) {
    *url = (struct http_url){0};
    if (!take_scheme(&text, url)) return fail(why, "it does not begin with http:// or https://");
    if (!is_plain(text)) return fail(why, "it holds bytes that have to be percent-encoded");
    const char *end = text.data + text.len;
    const char *target = find_any(text.data, end, "/?#");
    const char *user_end = memrchr(text.data, '@', (size_t)(target - text.data));
    const char *authority = user_end ? user_end + 1 : text.data;
    if (user_end) url->user = (gr_slice){text.data, (size_t)(user_end - text.data)};
    url->authority = (gr_slice){authority, (size_t)(target - authority)};
    url->target = (gr_slice){target, (size_t)(find_any(target, end, "#") - target)};
    if (url->authority.len == 0) return fail(why, "it names no host");
    if (!request_is_authority(url->authority)) return fail(why, "its host or port is malformed");
    return part_authority(url, why);
}
