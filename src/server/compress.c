#include "server/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "greenroom/log.h"
#include "http/conditional.h"
#include "http/octets.h"
#include "http/response_head.h"
#include "server/exchange.h"
#include "server/media_type.h"
#include "stream/codec.h"
#include "stream/stream.h"

/* In the order of preference where the client has none. The next level up makes a body smaller by a
 * few percent, and costs half as much again. An encoder of pieces lives as long as its answer,
 * which may be for ever: its level is one that holds 100 to 300 KiB. */
static const struct choice {
    const char *name;
    gr_coding coding;
    int whole_level, pieces_level;
} choices[] = {
    {"zstd", GR_ZSTD, 3, 1},
    {"br", GR_BROTLI, 4, 3},
    {"gzip", GR_GZIP, 5, 5},
};

enum { CHOICES = sizeof choices / sizeof *choices, FILE_PIECE = 16 * 1024 };

static const struct codec_pair *const *codecs;
bool compress_on;

int compress_init(const struct server_options *options) {
    if (!options->compress) return 0;
    codecs = codecs_load();
    compress_on = codecs != NULL;
    return codecs ? 0 : -1;
}

static struct compression *of(gr_request *request) { return &request->response.compression; }

/* ---- what the fields say ---- */

/* Is the word in a comma-separated list? */
static bool lists(gr_slice list, const char *word) {
    const char *at = list.data, *end = at + list.len;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
        const char *from = octets_skip_blanks(at, stop), *to = stop;
        while (to > from && octet_is_blank(to[-1])) to--;
        if (gr_slice_equal_nocase((gr_slice){from, (size_t)(to - from)}, gr_slice_of(word)))
            return true;
        at = stop + 1;
    }
    return false;
}

static bool is_named(gr_slice name, const char *wanted) {
    return gr_slice_equal_nocase(name, gr_slice_of(wanted));
}

void compress_note(gr_request *request, gr_slice name, gr_slice value) {
    struct compression *it = of(request);
    if (is_named(name, "Content-Type")) {
        it->typed = true;
        it->worthwhile = media_type_is_compressible(value);
    } else if (is_named(name, "Content-Encoding") || is_named(name, "Content-Range"))
        it->forbidden = true;
    else if (is_named(name, "Cache-Control"))
        it->forbidden |= lists(value, "no-transform");
    else if (is_named(name, "Vary"))
        it->varies |= lists(value, "Accept-Encoding") || lists(value, "*");
    else if (is_named(name, "ETag") && value.len && *value.data == '"')
        it->etag = (uint32_t)(request->response.head_len + name.len + sizeof ": " - 1);
}

/* ---- negotiation ---- */

/* All Accept-Encoding fields as one list. */
static gr_slice accepted_by(gr_request *request) {
    gr_slice name, value, all = {NULL, 0};
    for (size_t i = 0; gr_request_header_at(request, i, &name, &value); i++) {
        if (!is_named(name, "Accept-Encoding")) continue;
        if (!all.data) {
            all = value;
            continue;
        }
        char *both = gr_request_alloc(request, all.len + 1 + value.len);
        if (!both) return all;
        memcpy(both, all.data, all.len);
        both[all.len] = ',';
        memcpy(both + all.len + 1, value.data, value.len);
        all = (gr_slice){both, all.len + 1 + value.len};
    }
    return all;
}

/* The coding of the highest weight, unless the client asks for none by a higher one. */
static bool choose(gr_request *request) {
    gr_slice accepted = accepted_by(request);
    int best = 0;
    for (int i = 0; i < CHOICES; i++) {
        int weight = http_coding_weight(accepted, gr_slice_of(choices[i].name));
        if (weight <= best) continue;
        best = weight;
        of(request)->choice = (uint8_t)i;
    }
    return best > 0 && best >= http_coding_given(accepted, gr_slice_of("identity"));
}

#define PUT_FIELD(request, text) response_put(&(request)->response, text, sizeof(text) - 1)

/* A strong tag is of other bytes than those that are sent (RFC 9110, 8.8.1). */
static void weaken(gr_request *request) {
    struct response *response = &request->response;
    uint32_t at = of(request)->etag;
    if (!at) return;
    memmove(response->head + at + 2, response->head + at, response->head_len - at);
    memcpy(response->head + at, "W/", 2);
    response->head_len += 2;
}

/* 304: of what has not changed. It need not say of which type that is. */
static bool may_be_worthwhile(const struct compression *it, int status) {
    if (status == 304) return it->worthwhile || !it->typed;
    return it->worthwhile && http_status_has_body(status) && status != 206;
}

bool compress_wanted(gr_request *request, int64_t length) {
    struct compression *it = of(request);
    int status = request->response.status;
    if (it->forbidden || !may_be_worthwhile(it, status)) return false;
    if (length >= 0 && length < COMPRESS_LENGTH_MIN) return false;
    if (!it->varies) PUT_FIELD(request, "Vary: Accept-Encoding\r\n");
    it->varies = true;
    if (!choose(request)) return false;
    if (status == 304) weaken(request);
    return status != 304;
}

static const struct choice *choice_of(gr_request *request) { return &choices[of(request)->choice]; }

static void declare(gr_request *request) {
    weaken(request);
    PUT_FIELD(request, "Content-Encoding: ");
    response_put(&request->response, choice_of(request)->name, strlen(choice_of(request)->name));
    PUT_FIELD(request, "\r\n");
}

void compress_claim(gr_request *request) {
    declare(request);
    request->response.recoded = true;
}

/* ---- at once ---- */

/* No codec makes more of it than this: blocks that do not shrink are stored. */
static size_t room_for(size_t len) { return len + len / 128 + 256; }

char *compress_whole(gr_request *request, const void *body, size_t *len) {
    const struct choice *choice = choice_of(request);
    const struct codec *codec = &codecs[choice->coding]->encoder;
    size_t room = room_for(*len);
    char *out = malloc(room);
    void *state = out ? codec->open(choice->whole_level) : NULL;
    struct codec_io io = {body, *len, out, room};
    enum codec_result result = state ? CODEC_OK : CODEC_NO_MEMORY;
    while (result == CODEC_OK && io.out_len) result = codec->run(state, &io, CODEC_FINISH);
    if (state) codec->close(state);
    if (result != CODEC_DONE) {
        free(out);
        return NULL;
    }
    *len = room - io.out_len;
    declare(request);
    return out;
}

/* ---- in pieces ---- */

/* Where what the encoder makes goes on. */
struct wire {
    gr_writer writer;
    gr_request *request;
};

static int wire_write(gr_writer *writer, struct iovec *parts, int count) {
    gr_request *request = ((struct wire *)writer)->request;
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len && response_put_body(request, parts[i].iov_base, parts[i].iov_len) < 0)
            return -1;
    return 0;
}

static int wire_finish(gr_writer *writer) { return 0; }
static void wire_release(gr_writer *writer, int error) {}

static const struct writer_type wire_type = {
    .write = wire_write, .finish = wire_finish, .release = wire_release};

int compress_open(gr_request *request) {
    struct wire *wire = gr_request_alloc(request, sizeof *wire);
    if (!wire) return -1;
    *wire = (struct wire){{.type = &wire_type}, request};
    const struct choice *choice = choice_of(request);
    of(request)->encoder = gr_writer_encode(&wire->writer, choice->coding, choice->pieces_level);
    if (!of(request)->encoder) return -1;
    compress_claim(request);
    return 0;
}

int compress_write(gr_request *request, const void *piece, size_t len) {
    gr_writer *encoder = of(request)->encoder;
    if (len == 0) return response_put_body(request, NULL, 0);
    return gr_writer_write(encoder, piece, len) < 0 ? -1 : gr_writer_flush(encoder);
}

int compress_file(gr_request *request, int fd, off_t offset, size_t len) {
    gr_writer *encoder = of(request)->encoder;
    char piece[FILE_PIECE];
    while (len > 0) {
        ssize_t n = pread(fd, piece, len < sizeof piece ? len : sizeof piece, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* it is shorter */
        if (n <= 0 || gr_writer_write(encoder, piece, (size_t)n) < 0) return -1;
        offset += n;
        len -= (size_t)n;
    }
    return gr_writer_flush(encoder);
}

int compress_close(gr_request *request) {
    gr_writer *encoder = of(request)->encoder;
    of(request)->encoder = NULL;
    return gr_writer_close(encoder);
}

void compress_fini(gr_request *request) {
    if (of(request)->encoder) gr_writer_abort(of(request)->encoder, ECANCELED);
    of(request)->encoder = NULL;
}
