/* The smallest C application, and one that blocks. */
#include <stdlib.h>
#include <time.h>

#include <greenroom/greenroom.h>

static void hello(gr_request *request, void *data) {
    gr_respond(request, 200, "text/plain", "hello", 5);
}

/* GET /sleep/{ms} */
static void nap(gr_request *request, void *data) {
    long ms = atol(gr_request_param(request, "ms").data);
    struct timespec length = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&length, NULL);
    gr_respond(request, 200, "text/plain", "slept", 5);
}

int gr_app_setup(gr_app *app) {
    if (gr_app_route(app, "GET", "/", hello, NULL) < 0) return -1;
    return gr_app_route(app, "GET", "/sleep/{ms}", nap, NULL);
}
