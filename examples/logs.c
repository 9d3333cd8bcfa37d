/* Logs as many lines as the path says: /1, /200. For measurements. */
#include <stdlib.h>

#include <greenroom/greenroom.h>

static void log_lines(gr_request *request, void *data) {
    static const char text[200] = {[0 ... 199] = 'x'};
    gr_log_record record = {.logger = {"bench", 5}, .level = 20, .message = {text, sizeof text}};
    for (int left = atoi(gr_request_param(request, "lines").data); left > 0; left--)
        gr_log_put(&record);
    gr_respond(request, 200, "text/plain", "logged\n", 7);
}

int gr_app_setup(gr_app *app) { return gr_app_route(app, "GET", "/{lines}", log_lines, NULL); }
