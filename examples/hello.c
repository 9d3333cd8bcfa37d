/* A first C application:
 *
 *     greenroom serve examples/hello.so
 *
 * Handlers are plain blocking C. What waits in libc parks its green thread, and the worker answers
 * others meanwhile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <greenroom/greenroom.h>

static void hello(gr_request *request, void *data) {
    gr_respond(request, 200, "text/plain", "Hello, world!\n", 14);
}

static void greet(gr_request *request, void *data) {
    gr_slice name = gr_request_param(request, "name");
    char text[256];
    int len = snprintf(text, sizeof text, "Hello, %.*s!\n", (int)(name.len < 200 ? name.len : 200),
                       name.data);
    gr_respond(request, 200, "text/plain", text, (size_t)len);
}

/* The milliseconds in the path, at most an hour; -1 if that is no number. */
static long milliseconds(const gr_request *request) {
    gr_slice text = gr_request_param(request, "ms");
    long ms = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return -1;
        ms = ms * 10 + (text.data[i] - '0');
        if (ms > 3600 * 1000) return -1;
    }
    return ms;
}

static void sleep_a_while(gr_request *request, void *data) {
    long ms = milliseconds(request);
    if (ms < 0) {
        gr_respond(request, 400, "text/plain", "how many milliseconds?\n", 23);
        return;
    }
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
    gr_respond(request, 200, "text/plain", "slept\n", 6);
}

/* Ten pieces, one every 100 ms; each leaves as it is written. */
static void stream(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    gr_response_header(request, "Content-Type", "text/plain");
    for (int i = 0; i < 10; i++) {
        char piece[32];
        int len = snprintf(piece, sizeof piece, "piece %d\n", i);
        if (gr_response_write(request, piece, (size_t)len) < 0) return; /* the client left */
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000000}, NULL);
    }
}

/* Sends back what comes, as it comes. */
static void echo(gr_request *request, void *data) {
    char piece[16 * 1024];
    ssize_t n;
    gr_response_begin(request, 200, NULL);
    gr_response_header(request, "Content-Type", "application/octet-stream");
    while ((n = gr_request_read(request, piece, sizeof piece)) > 0)
        if (gr_response_write(request, piece, (size_t)n) < 0) return;
    if (n < 0) gr_response_abort(request);
}

int gr_app_setup(gr_app *app) {
    if (gr_app_route(app, "GET", "/", hello, NULL) < 0 ||
        gr_app_route(app, "GET", "/hello/{name}", greet, NULL) < 0 ||
        gr_app_route(app, "GET", "/sleep/{ms}", sleep_a_while, NULL) < 0 ||
        gr_app_route(app, "GET", "/stream", stream, NULL) < 0)
        return -1;
    return gr_app_route(app, "POST", "/echo", echo, NULL);
}
