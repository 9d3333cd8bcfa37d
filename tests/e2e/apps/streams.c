/* Handlers for the tests of streams: bodies and answers through filters. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <greenroom/greenroom.h>

static const char *store; /* the file that uploads go to and downloads come from */

static gr_coding coding_of(const gr_request *request) {
    static const char *const names[] = {"gzip", "deflate", "br", "zstd"};
    gr_slice name = gr_request_param(request, "coding");
    int coding = GR_GZIP;
    while (strcmp(names[coding], name.data) != 0) coding++;
    return (gr_coding)coding;
}

static void answer_error(gr_request *request, int error) {
    const char *name = strerrorname_np(error);
    int status = error == EPROTO || error == ENODATA ? 400 : error == EFBIG ? 413 : 500;
    gr_respond(request, status, "text/plain", name, strlen(name));
}

/* upload ─▶ decoded ─▶ file */
static void upload(gr_request *request, void *data) {
    uint64_t max = strtoull(gr_request_param(request, "max").data, NULL, 10);
    gr_reader *body = gr_reader_decode(gr_request_reader(request), coding_of(request), max);
    int fd = open(store, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int64_t len = gr_copy(body, gr_file_writer(fd));
    int error = errno;
    char text[32];
    if (len < 0) unlink(store);
    if (len < 0) return answer_error(request, error);
    gr_respond(request, 200, "text/plain", text, (size_t)sprintf(text, "%lld", (long long)len));
}

/* file ─▶ encoded ─▶ answer */
static void download(gr_request *request, void *data) {
    gr_reader *file = gr_file_reader(open(store, O_RDONLY | O_CLOEXEC));
    gr_response_begin(request, 200, NULL);
    gr_writer *answer = gr_response_writer(request);
    if (gr_request_param(request, "coding").len)
        answer = gr_writer_encode(answer, coding_of(request), GR_LEVEL_DEFAULT);
    if (gr_copy(file, answer) < 0 && !gr_response_started(request)) answer_error(request, errno);
}

/* upload ─▶ decoded ─▶ answer, both at once */
static void decode(gr_request *request, void *data) {
    gr_reader *body = gr_reader_decode(gr_request_reader(request), coding_of(request), UINT64_MAX);
    gr_response_begin(request, 200, NULL);
    if (gr_copy(body, gr_response_writer(request)) < 0 && !gr_response_started(request))
        answer_error(request, errno);
}

static void echo(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    gr_copy(gr_request_reader(request), gr_response_writer(request));
}

static void break_off(gr_request *request, void *data) {
    bool started = gr_request_query(request).len > 0;
    gr_response_begin(request, 200, NULL);
    gr_response_header(request, "X-First", "yes");
    gr_writer *answer = gr_response_writer(request);
    if (started && gr_writer_write(answer, "half", 4) < 0) return;
    gr_writer_abort(answer, EIO);
}

/* ---- a generator ---- */

static atomic_llong produced;
static atomic_int generating;

struct generation {
    gr_writer *to;
    long long len;
};

static void *generate(void *arg) {
    static const char block[8192];
    struct generation *generation = arg;
    long long left = generation->len;
    atomic_fetch_add(&generating, 1);
    for (; left > 0; left -= sizeof block) {
        if (gr_writer_write(generation->to, block, sizeof block) < 0) break;
        atomic_fetch_add(&produced, sizeof block);
    }
    atomic_fetch_sub(&generating, 1);
    if (left > 0)
        gr_writer_abort(generation->to, errno);
    else if (gr_writer_close(generation->to) < 0)
        gr_log(GR_LOG_INFO, "the last bytes were not read");
    return NULL;
}

/* green thread ─▶ pipe ─▶ answer */
static void generated(gr_request *request, void *data) {
    gr_reader *from;
    struct generation generation = {.len = atoll(gr_request_param(request, "len").data)};
    gr_response_begin(request, 200, NULL);
    if (gr_pipe(0, &from, &generation.to) < 0) return;
    gr_green *green = gr_spawn(generate, &generation);
    gr_copy(from, gr_response_writer(request));
    gr_join(green, NULL);
}

static void count(gr_request *request, void *data) {
    char text[64];
    int len = sprintf(text, "%lld %d", produced, generating);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

int gr_app_setup(gr_app *app) {
    store = getenv("STORE");
    if (gr_app_route(app, "POST", "/upload/{coding}/{max}", upload, NULL) < 0) return -1;
    if (gr_app_route(app, "GET", "/download/{coding}", download, NULL) < 0) return -1;
    if (gr_app_route(app, "GET", "/download", download, NULL) < 0) return -1;
    if (gr_app_route(app, "POST", "/decode/{coding}", decode, NULL) < 0) return -1;
    if (gr_app_route(app, "POST", "/echo", echo, NULL) < 0) return -1;
    if (gr_app_route(app, "GET", "/break", break_off, NULL) < 0) return -1;
    if (gr_app_route(app, "GET", "/generated/{len}", generated, NULL) < 0) return -1;
    return gr_app_route(app, "GET", "/count", count, NULL);
}
