#include "http/reference.h"

#include "http/octets.h"

struct output {
    char *out;
    size_t len, room;
    bool overflowed; /* what is in out is of no use */
};

static void put(struct output *output, const char *data, size_t len) {
    output->overflowed |= len > output->room - output->len;
    if (output->overflowed) return;
    memcpy(output->out + output->len, data, len);
    output->len += len;
}

static void put_text(struct output *output, const char *text) { put(output, text, strlen(text)); }

static void put_encoded(struct output *output, gr_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char encoded[] = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
        bool plain = c > ' ' && c < 0x7f && c != '\\';
        put(output, plain ? text.data + i : encoded, plain ? 1 : sizeof encoded);
    }
}

static void put_origin(struct output *output, const struct http_url *base, gr_slice authority) {
    put_text(output, base->tls ? "https://" : "http://");
    put(output, authority.data, authority.len);
}

static gr_slice until(gr_slice text, const char *ends) {
    size_t len = 0;
    while (len < text.len && !strchr(ends, text.data[len])) len++;
    return (gr_slice){text.data, len};
}

static gr_slice behind(gr_slice text, size_t len) {
    return (gr_slice){text.data + len, text.len - len};
}

static bool starts_with(gr_slice text, const char *start) {
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

/* Takes the last segment off, with its slash. */
static void step_back(struct output *output, size_t from) {
    while (output->len > from)
        if (output->out[--output->len] == '/') return;
}

/* RFC 3986, 5.2.4: writes the segments of a path, each behind a slash. The first slash of the path
 * has been taken off; what is written stands behind what has been since `from`. */
static void put_segments(struct output *output, gr_slice path, size_t from) {
    for (bool last = false; !last;) {
        gr_slice segment = until(path, "/");
        last = segment.len == path.len;
        bool here = gr_slice_equal(segment, gr_slice_of("."));
        bool above = gr_slice_equal(segment, gr_slice_of(".."));
        if (above) step_back(output, from);
        if (last || (!here && !above)) put(output, "/", 1);
        if (!here && !above) put_encoded(output, segment);
        if (!last) path = behind(path, segment.len + 1);
    }
}

/* A path that is empty or begins with a slash. */
static void put_path(struct output *output, gr_slice path) {
    if (path.len) put_segments(output, behind(path, 1), output->len);
}

/* RFC 3986, 5.2.3: the path of base up to its last slash, and the reference's behind it. */
static void put_merged(struct output *output, const struct http_url *base, gr_slice path) {
    size_t from = output->len;
    gr_slice directory = until(base->target, "?");
    while (directory.len && directory.data[directory.len - 1] != '/') directory.len--;
    if (directory.len) directory.len--;
    put_path(output, directory);
    put_segments(output, path, from);
}

static bool has_scheme(gr_slice reference) {
    gr_slice scheme = until(reference, ":/?#");
    return scheme.len && scheme.len < reference.len && reference.data[scheme.len] == ':';
}

/* A path and a query that follow an authority. */
static void put_target(struct output *output, gr_slice target) {
    gr_slice path = until(target, "?");
    put_path(output, path);
    put_encoded(output, behind(target, path.len));
}

static void resolve(struct output *output, const struct http_url *base, gr_slice reference) {
    if (has_scheme(reference)) {
        put_encoded(output, reference);
    } else if (starts_with(reference, "//")) {
        gr_slice authority = until(behind(reference, 2), "/?");
        put_origin(output, base, authority);
        put_target(output, behind(reference, 2 + authority.len));
    } else {
        put_origin(output, base, base->authority);
        if (starts_with(reference, "/")) {
            put_target(output, reference);
        } else if (reference.len == 0) {
            put_encoded(output, base->target);
        } else if (starts_with(reference, "?")) {
            put_encoded(output, until(base->target, "?"));
            put_encoded(output, reference);
        } else {
            gr_slice path = until(reference, "?");
            put_merged(output, base, path);
            put_encoded(output, behind(reference, path.len));
        }
    }
}

int http_reference_resolve(const struct http_url *base, gr_slice reference, char *out,
                           size_t room) {
    struct output output = {.out = out, .room = room};
    resolve(&output, base, until(reference, "#"));
    put(&output, "", 1);
    return output.overflowed ? -1 : 0;
}
