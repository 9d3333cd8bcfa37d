/* Sleeps for as many milliseconds as the path says: /10, /1000. For measurements. */
#include <stdlib.h>
#include <unistd.h>

#include <greenroom/greenroom.h>

static void sleep_a_while(gr_request *request, void *data) {
    usleep((useconds_t)atoi(gr_request_param(request, "ms").data) * 1000);
    gr_respond(request, 200, "text/plain", "awake\n", 6);
}

int gr_app_setup(gr_app *app) { return gr_app_route(app, "GET", "/{ms}", sleep_a_while, NULL); }
