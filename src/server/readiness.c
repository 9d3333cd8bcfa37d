#include "server/readiness.h"

#include "server/load.h"

gr_slice readiness_path;

void readiness_init(const char *path) { readiness_path = gr_slice_of(path); }

static bool is_method(const struct gr_request *request, const char *method) {
    return gr_slice_equal(gr_request_method(request), gr_slice_of(method));
}

static void say(struct gr_request *request, int status, const char *text) {
    if (gr_response_begin(request, status, NULL) == 0 &&
        gr_response_header(request, "Content-Type", "text/plain") == 0 &&
        gr_response_header(request, "Cache-Control", "no-store") == 0)
        gr_response_send(request, text, strlen(text));
}

void readiness_answer(struct gr_request *request) {
    if (!is_method(request, "GET") && !is_method(request, "HEAD"))
        response_brief(request, 405, "", "Allow", "GET, HEAD");
    else if (load_server_draining() || connections_draining())
        say(request, 503, "draining\n");
    else
        say(request, 200, "ready\n");
}
