#include "http/forwarded.h"

#include "http/octets.h"
#include "http/request_parser.h"
#include "http/url.h"

static gr_slice between(const char *from, const char *to) {
    return (gr_slice){from, (size_t)(to - from)};
}

/* ---- lists ---- */

bool forwarded_last(gr_slice *list, gr_slice *element) {
    while (list->len) {
        const char *comma = memrchr(list->data, ',', list->len);
        const char *end = list->data + list->len, *from = comma ? comma + 1 : list->data;
        list->len = comma ? (size_t)(comma - list->data) : 0;
        from = octets_skip_blanks(from, end);
        while (end > from && octet_is_blank(end[-1])) end--;
        *element = between(from, end);
        if (element->len) return true;
    }
    return false;
}

/* ---- elements of Forwarded ---- */

/* token or quoted-string, behind the "=" of a parameter. Returns where it ends, or NULL. */
static const char *take_value(const char *at, const char *end, gr_slice *value) {
    if (at == end || *at != '"') {
        const char *stop = octets_skip(at, end, OCTET_TOKEN);
        *value = between(at, stop);
        return stop > at ? stop : NULL;
    }
    const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
    if (!close) return NULL;
    *value = between(at + 1, close);
    return memchr(at, '\\', (size_t)(close - at)) ? NULL : close + 1;
}

/* Where a parameter is kept; NULL for one that means nothing to us. */
static gr_slice *place_of(struct forwarded_element *element, gr_slice name) {
    if (gr_slice_equal_nocase(name, gr_slice_of("for"))) return &element->node;
    if (gr_slice_equal_nocase(name, gr_slice_of("proto"))) return &element->scheme;
    if (gr_slice_equal_nocase(name, gr_slice_of("host"))) return &element->host;
    return NULL;
}

static const char *take_pair(const char *at, const char *end, struct forwarded_element *element) {
    const char *equals = octets_skip(at, end, OCTET_TOKEN);
    gr_slice value;
    if (equals == at || equals == end || *equals != '=') return NULL;
    gr_slice *place = place_of(element, between(at, equals));
    at = take_value(equals + 1, end, &value);
    if (!at || !place) return at;
    if (place->data) return NULL;
    *place = value;
    return at;
}

/* [ pair ] *( ";" [ pair ] ), with blanks where others allow them. */
static const char *take_element(const char *at, const char *end,
                                struct forwarded_element *element) {
    for (;;) {
        at = octets_skip_blanks(at, end);
        if (at < end && *at != ';' && *at != ',' && !(at = take_pair(at, end, element)))
            return NULL;
        at = octets_skip_blanks(at, end);
        if (at == end || *at == ',') return at;
        if (*at++ != ';') return NULL;
    }
}

int forwarded_next(gr_slice *list, struct forwarded_element *element) {
    const char *at = list->data, *end = list->data + list->len;
    while (at < end && (octet_is_blank(*at) || *at == ',')) at++;
    if (at == end) return 0;
    *element = (struct forwarded_element){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    at = take_element(at, end, element);
    if (!at) return -1;
    *list = between(at, end);
    return 1;
}

/* ---- values ---- */

gr_slice forwarded_scheme(gr_slice text) {
    gr_slice http = gr_slice_of("http"), https = gr_slice_of("https");
    if (gr_slice_equal_nocase(text, http)) return http;
    return gr_slice_equal_nocase(text, https) ? https : (gr_slice){NULL, 0};
}

int forwarded_port(gr_slice text) {
    int port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!octet_is(text.data[i], OCTET_DIGIT)) return -1;
        port = port * 10 + text.data[i] - '0';
        if (port > UINT16_MAX) return -1;
    }
    return port > 0 ? port : -1;
}

bool forwarded_authority(gr_slice text, gr_slice *name, int *port) {
    if (!text.len || !request_is_authority(text)) return false;
    bool literal = *text.data == '[';
    const char *end = text.data + text.len;
    const char *stop =
        literal ? memchr(text.data, ']', text.len) : memchr(text.data, ':', text.len);
    *name = between(text.data + literal, stop ? stop : end);
    if (stop && literal) stop++;
    bool has_port = stop && end - stop > 1;
    *port = has_port ? forwarded_port(between(stop + 1, end)) : -1;
    return name->len > 0 && (!has_port || *port > 0);
}

/* No control character and no backslash, which browsers take for a slash. */
static bool is_clean(const char *at, const char *end) {
    while (at < end && octet_is_text(*at) && *at != '\t' && *at != '\\') at++;
    return at == end;
}

static bool is_dots(const char *segment, const char *end) {
    size_t len = (size_t)(end - segment);
    return len == 1 ? segment[0] == '.' : len == 2 && segment[0] == '.' && segment[1] == '.';
}

ssize_t forwarded_prefix(gr_slice text, char *out) {
    const char *raw_end = text.data + text.len;
    if (!text.len || *text.data != '/' || octets_skip_path(text.data, raw_end) != raw_end)
        return -1;
    ssize_t len = url_decode(text, out);
    if (len < 0 || !is_clean(out, out + len)) return -1;
    while (len > 0 && out[len - 1] == '/') len--;
    for (const char *at = out, *end = out + len; at < end;) { /* at a slash */
        const char *segment = at + 1, *slash = memchr(segment, '/', (size_t)(end - segment));
        at = slash ? slash : end;
        if (segment == at || is_dots(segment, at)) return -1;
    }
    return len;
}
