/* Hands what it is asked for on to URL, and the answer back: /path is asked for as URL/path. */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <stdlib.h>

static gr_client *client;

/* The body of the request is sent on while it is read, that of the answer as well. */
static void relay(gr_request *request, void *data) {
    char url[1024], method[16];
    gr_failure failure;
    gr_slice target = gr_request_target(request), name = gr_request_method(request), value;
    snprintf(url, sizeof url, "%s%.*s", (const char *)data, (int)target.len, target.data);
    snprintf(method, sizeof method, "%.*s", (int)name.len, name.data);
    int64_t length = gr_request_content_length(request);
    gr_reader *body = length ? gr_request_reader(request) : NULL;
    gr_call call = {.method = method, .url = url, .stream = body, .stream_length = length};
    gr_answer *answer = gr_client_call(client, &call, &failure);
    gr_reader_close(body);
    if (!answer) {
        gr_respond(request, 502, "text/plain", failure.why, strlen(failure.why));
        return;
    }
    gr_response_begin(request, gr_answer_status(answer), NULL);
    if (gr_answer_header(answer, "Content-Type", &value))
        gr_response_header_slice(request, gr_slice_of("Content-Type"), value);
    if (gr_copy(gr_answer_reader(answer), gr_response_writer(request)) < 0)
        gr_log(GR_LOG_ERROR, "the answer breaks off: %s", strerror(errno));
    gr_answer_close(answer);
}

static void ping(gr_request *request, void *data) {
    gr_respond(request, 200, "text/plain", "pong", 4);
}

/* CA: whom to trust instead of those that the system does. */
static gr_tls *tls_settings(void) {
    char why[GR_TLS_WHY_SIZE];
    gr_tls_files files = {.authorities = getenv("CA"), .protocol = "http/1.1"};
    return files.authorities ? gr_tls_client(&files, why) : NULL;
}

int gr_app_setup(gr_app *app) {
    gr_client_options options = {.tls = tls_settings()};
    gr_failure failure;
    if (!(client = gr_client_open(&options, &failure))) return -1;
    if (gr_app_route(app, "GET", "/ping", ping, NULL) < 0) return -1;
    return gr_app_route(app, NULL, "/{path...}", relay, getenv("URL"));
}
