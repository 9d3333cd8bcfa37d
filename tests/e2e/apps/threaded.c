/* What a handler in C can and cannot do on an OS thread. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <greenroom/greenroom.h>

static pthread_barrier_t together;
static gr_channel *channel;
static bool green_at_setup;

static void say(gr_request *request, const char *text) {
    gr_respond(request, 200, "text/plain", text, strlen(text));
}

static void meet(gr_request *request, void *data) {
    pthread_barrier_wait(&together);
    say(request, gr_request_current() == request ? "met" : "another's");
}

static void *nothing(void *arg) { return arg; }

static const char *name(bool worked) { return worked ? "fine" : strerrorname_np(errno); }

static void green(gr_request *request, void *data) {
    char text[200];
    const char *spawn = name(gr_spawn(nothing, NULL) != NULL);
    const char *scope = name(gr_scope_open() != NULL);
    const char *send = name(gr_channel_send(channel, text) == 0);
    const char *cancel = name(gr_request_cancel_on_disconnect(request, true) == 0);
    gr_yield();
    snprintf(text, sizeof text, "green %d %d spawn %s scope %s channel %s cancel %s deadline %d",
             green_at_setup, gr_is_green(), spawn, scope, send, cancel, gr_deadline() != 0);
    say(request, text);
}

static void whose(gr_request *request, void *data) {
    Dl_info info = {0};
    dladdr(dlsym(RTLD_DEFAULT, "recv"), &info);
    say(request, strstr(info.dli_fname, "greenroom") ? "interposed" : "libc's own");
}

static void leave(gr_request *request, void *data) { pthread_exit(NULL); }

static void raise_signal(gr_request *request, void *data) {
    signal(SIGUSR2, SIG_IGN);
    say(request, raise(SIGUSR2) == 0 ? "raised" : "lost");
}

static void read_all(gr_request *request, void *data) {
    char piece[4096], text[64];
    long sum = 0;
    ssize_t n;
    while ((n = gr_request_read(request, piece, sizeof piece)) > 0) sum += n;
    snprintf(text, sizeof text, "%ld %s", sum, n < 0 ? strerrorname_np(errno) : "whole");
    say(request, text);
}

static void flood(gr_request *request, void *data) {
    static char piece[65536];
    gr_response_begin(request, 200, NULL);
    while (gr_response_write(request, piece, sizeof piece) == 0) continue;
    fprintf(stderr, "flood ended: %s\n", strerrorname_np(errno));
}

int gr_app_setup(gr_app *app) {
    pthread_barrier_init(&together, NULL, 3);
    channel = gr_channel_new(1);
    green_at_setup = gr_is_green() || gr_spawn(nothing, NULL);
    gr_app_route(app, "GET", "/meet", meet, NULL);
    gr_app_route(app, "GET", "/green", green, NULL);
    gr_app_route(app, "GET", "/whose", whose, NULL);
    gr_app_route(app, "GET", "/leave", leave, NULL);
    gr_app_route(app, "GET", "/raise", raise_signal, NULL);
    gr_app_route(app, "POST", "/read", read_all, NULL);
    gr_app_route(app, "GET", "/flood", flood, NULL);
    return 0;
}
