/* Handlers for the tests of the server: each does one thing that a test is about. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <greenroom/greenroom.h>

static long number(const gr_request *request, const char *name) {
    return strtol(gr_request_param(request, name).data, NULL, 10);
}

static void wait_ms(long ms) {
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
}

static void hello(gr_request *request, void *data) {
    gr_respond(request, 200, "text/plain", "hello\n", 6);
}

static void id(gr_request *request, void *data) {
    gr_slice text = gr_request_id(request), again = gr_request_id(request);
    if (text.data != again.data) text.len = 0;
    gr_respond(request, 200, "text/plain", text.data, text.len);
}

/* By which URL the client knows what it asks for. */
static void url(gr_request *request, void *data) {
    char text[512];
    gr_slice scheme = gr_request_scheme(request), host = gr_request_host(request);
    gr_slice prefix = gr_request_prefix(request), path = gr_request_path(request);
    int len =
        snprintf(text, sizeof text, "%.*s://%.*s%.*s%.*s\n", (int)scheme.len, scheme.data,
                 (int)host.len, host.data, (int)prefix.len, prefix.data, (int)path.len, path.data);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

static void scheme(gr_request *request, void *data) {
    gr_slice text = gr_request_scheme(request);
    gr_respond(request, 200, "text/plain", text.data, text.len);
}

static void client(gr_request *request, void *data) {
    gr_slice subject = gr_request_client_subject(request);
    if (!subject.data) subject = gr_slice_of("none");
    gr_respond(request, 200, "text/plain", subject.data, subject.len);
}

static void sleep_ms(gr_request *request, void *data) {
    wait_ms(number(request, "ms"));
    hello(request, NULL);
}

static void echo(gr_request *request, void *data) {
    char piece[4096];
    ssize_t n;
    gr_response_begin(request, 200, NULL);
    while ((n = gr_request_read(request, piece, sizeof piece)) > 0)
        if (gr_response_write(request, piece, (size_t)n) < 0) return;
    if (n < 0) gr_response_abort(request);
}

/* Answers with what went wrong while the body was read. */
static void read_all(gr_request *request, void *data) {
    char piece[4096], text[64];
    long sum = 0;
    ssize_t n;
    while ((n = gr_request_read(request, piece, sizeof piece)) > 0) sum += n;
    int len = n < 0 ? snprintf(text, sizeof text, "%s\n", strerrorname_np(errno))
                    : snprintf(text, sizeof text, "%ld bytes\n", sum);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

static void pieces(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    for (long i = 0; i < number(request, "count"); i++) {
        char piece[32];
        gr_response_write(request, piece, (size_t)sprintf(piece, "piece %ld\n", i));
        wait_ms(number(request, "ms"));
    }
}

/* Writes until that fails, and logs why. */
static void flood(gr_request *request, void *data) {
    static const char block[65536];
    gr_response_begin(request, 200, NULL);
    while (gr_response_write(request, block, sizeof block) == 0) continue;
    gr_log(GR_LOG_INFO, "flood ended: %s", strerrorname_np(errno));
}

static void large(gr_request *request, void *data) {
    size_t len = (size_t)number(request, "bytes");
    char *body = malloc(len);
    memset(body, 'x', len);
    gr_respond(request, 200, "text/plain", body, len);
    free(body);
}

static void counted(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    gr_response_header(request, "Content-Length", "10");
    gr_response_write(request, "12345", 5);
    if (gr_request_query(request).len) gr_response_write(request, "67890", 5);
}

static void abort_it(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    gr_response_write(request, "half", 4);
    gr_response_abort(request);
}

static void nothing(gr_request *request, void *data) {}

static void head_only(gr_request *request, void *data) { gr_response_begin(request, 202, "Fine"); }

static void status(gr_request *request, void *data) {
    gr_respond(request, (int)number(request, "code"), "text/plain", "body\n", 5);
}

/* The shared object itself, which is longer than any socket buffer takes at once. */
static void file(gr_request *request, void *data) {
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    gr_response_begin(request, 200, NULL);
    if (gr_request_query(request).len) gr_response_write(request, "before", 6);
    if (gr_response_send_file(request, fd, 1, (size_t)size - 1) < 0)
        gr_log(GR_LOG_INFO, "file ended: %s", strerrorname_np(errno));
    close(fd);
}

/* Says that it is longer than it is, and leaves it at that. */
static void short_file(gr_request *request, void *data) {
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    gr_response_begin(request, 200, NULL);
    gr_response_header(request, "Content-Type", "text/plain");
    gr_response_send_file(request, fd, 0, (size_t)size + 1);
    close(fd);
}

static void show(gr_request *request, void *data) {
    char text[2048];
    gr_slice method = gr_request_method(request), target = gr_request_target(request);
    gr_slice path = gr_request_path(request), query = gr_request_query(request);
    gr_slice rest = gr_request_param(request, "rest"), peer = gr_request_peer(request);
    gr_slice server = gr_request_server(request), name, value;
    int len = snprintf(
        text, sizeof text,
        "method=%.*s\ntarget=%.*s\npath=%.*s\nquery=%.*s\nrest=%.*s\nminor=%d\n"
        "peer=%.*s\npeer_port=%d\nserver=%.*s\nserver_port=%d\nlength=%lld\n",
        (int)method.len, method.data, (int)target.len, target.data, (int)path.len, path.data,
        (int)query.len, query.data, (int)rest.len, rest.data, gr_request_version_minor(request),
        (int)peer.len, peer.data, gr_request_peer_port(request), (int)server.len, server.data,
        gr_request_server_port(request), (long long)gr_request_content_length(request));
    for (size_t i = 0; gr_request_header_at(request, i, &name, &value); i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%.*s: %.*s\n", (int)name.len,
                        name.data, (int)value.len, value.data);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

/* One line for each call that has to fail: its errno. */
static void misuse(gr_request *request, void *data) {
    char text[1024];
    int len = 0;
#define SAY(call)                                                                            \
    do {                                                                                     \
        errno = 0;                                                                           \
        int result = call;                                                                   \
        len += sprintf(text + len, "%d %s\n", result, errno ? strerrorname_np(errno) : "-"); \
    } while (0)
    SAY(gr_response_header(request, "A", "b"));
    SAY(gr_response_write(request, "x", 1));
    SAY(gr_response_begin(request, 199, NULL));
    SAY(gr_response_begin(request, 600, NULL));
    SAY(gr_response_begin(request, 200, "Line\r\nbreak"));
    SAY(gr_response_begin(request, 200, NULL));
    SAY(gr_response_header(request, "Bad Name", "x"));
    SAY(gr_response_header(request, "", "x"));
    SAY(gr_response_header(request, "X", "a\r\nb: c"));
    SAY(gr_response_header(request, "connection", "close"));
    SAY(gr_response_header(request, "Transfer-Encoding", "chunked"));
    SAY(gr_response_header(request, "Content-Length", "12x"));
    SAY(gr_response_header(request, "Content-Length", "7"));
    SAY(gr_response_header(request, "Content-Length", "7"));
    SAY(gr_response_header(request, "Content-Length", "8"));
    SAY(gr_response_send(request, "x", 1));
    SAY(gr_response_write(request, "1234567890", 10));
    SAY(gr_response_begin(request, 200, NULL));
    SAY(gr_response_header(request, "A", "b"));
    SAY(gr_response_send(request, "x", 1));
    SAY(gr_response_end(request));
    SAY(gr_response_write(request, "x", 1));
    gr_log(GR_LOG_INFO, "misuse: %s", text);
}

/* Many fields, and an arena that has to grow. */
static void verbose(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    for (int i = 0; i < 200; i++) {
        char name[32];
        sprintf(name, "X-Field-%d", i);
        char *value = gr_request_alloc(request, 50);
        memset(value, 'v', 50);
        gr_response_header_slice(request, gr_slice_of(name), (gr_slice){value, 50});
    }
    gr_response_send(request, "verbose\n", 8);
}

static void deadline(gr_request *request, void *data) {
    char text[64];
    int64_t before = gr_deadline();
    gr_deadline_set(gr_now() + 50 * 1000000);
    int slept = nanosleep(&(struct timespec){.tv_sec = 60}, NULL);
    int len = snprintf(text, sizeof text, "%lld %d %s\n", (long long)before, slept,
                       slept ? strerrorname_np(errno) : "-");
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

static void show_pid(gr_request *request, void *data) {
    char text[16];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

/* Answers with the id of a child that stays until it is ended. */
static void forked(gr_request *request, void *data) {
    char text[16];
    pid_t child = fork();
    while (child == 0) pause();
    int len = snprintf(text, sizeof text, "%d\n", (int)child);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

/* In the middle of an answer; the child goes on with it before the parent does. */
static void fork_in_answer(gr_request *request, void *data) {
    char text[64];
    int status = -1;
    gr_response_begin(request, 200, NULL);
    gr_response_write(request, "one\n", 4);
    pid_t child = fork();
    if (child == 0) {
        int written = gr_response_write(request, "child\n", 6) < 0 && errno == EPIPE;
        int ended = gr_response_end(request) < 0 && errno == EPIPE;
        int read = gr_request_read(request, text, 1) < 0 && errno == ECONNRESET;
        _exit(written << 2 | ended << 1 | read);
    }
    waitpid(child, &status, 0);
    int len = snprintf(text, sizeof text, "child: %d\n", WEXITSTATUS(status));
    gr_response_write(request, text, (size_t)len);
}

/* Cut short, while a child holds the connection. */
static void fork_and_abort(gr_request *request, void *data) {
    pid_t child = fork();
    while (child == 0) pause();
    gr_log(GR_LOG_INFO, "child %d", (int)child);
    abort_it(request, NULL);
}

/* What a daemon does to begin with, once with each call that can. */
static void close_all(gr_request *request, void *data) {
    closefrom(3);
    for (int fd = 3; fd < 1024; fd++) close(fd);
    hello(request, NULL);
}

/* The sockets, behind the back of the interposed libc. */
/* Past the interposed close, and past syscall, which is interposed as well. */
static void close_raw(gr_request *request, void *data) {
    struct stat status;
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    int (*libc_close)(int) = dlsym(libc, "close");
    for (int fd = 3; fd < 1024; fd++)
        if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode)) libc_close(fd);
}

int gr_app_setup(gr_app *app) {
    signal(SIGPIPE, SIG_DFL); /* as if the application knew better */
    static const struct {
        const char *method, *pattern;
        gr_handler *handler;
    } routes[] = {
        {"GET", "/", hello},
        {"GET", "/url", url},
        {"GET", "/id", id},
        {"GET", "/scheme", scheme},
        {"GET", "/client", client},
        {"GET", "/sleep/{ms}", sleep_ms},
        {"POST", "/echo", echo},
        {"POST", "/read", read_all},
        {"POST", "/ignore", hello},
        {"GET", "/pieces/{count}/{ms}", pieces},
        {"GET", "/flood", flood},
        {"GET", "/large/{bytes}", large},
        {"GET", "/counted", counted},
        {"GET", "/abort", abort_it},
        {"GET", "/nothing", nothing},
        {"GET", "/head_only", head_only},
        {"GET", "/status/{code}", status},
        {NULL, "/show/{rest...}", show},
        {"GET", "/misuse", misuse},
        {"GET", "/verbose", verbose},
        {"GET", "/deadline", deadline},
        {"GET", "/pid", show_pid},
        {"GET", "/fork", forked},
        {"GET", "/fork_in_answer", fork_in_answer},
        {"GET", "/fork_and_abort", fork_and_abort},
        {"GET", "/close_all", close_all},
        {"GET", "/close_raw", close_raw},
        {"POST", "/pieces/{count}/{ms}", pieces},
    };
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (gr_app_route(app, routes[i].method, routes[i].pattern, routes[i].handler, NULL) < 0)
            return -1;
    if (gr_app_route(app, "GET", "/short_file", short_file, getenv("FILE_TO_SEND")) < 0) return -1;
    return gr_app_route(app, "GET", "/file", file, getenv("FILE_TO_SEND"));
}
