/* Calls an HTTP service for each request and answers with JSON. UPSTREAM is its host:port.
 *
 *     UPSTREAM=127.0.0.1:8080 greenroom serve examples/upstream.so
 *
 * Four hundred of these wait at once in one worker, on connections that are kept. */
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 8192 };

static gr_client *client;
static char url[512];

/* text as a JSON string; returns its length. Stops where room ends. */
static size_t quote(char *out, size_t room, const char *text, size_t len) {
    size_t used = 0;
    out[used++] = '"';
    for (size_t i = 0; i < len && used + 8 < room; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ') {
            used += (size_t)snprintf(out + used, 7, "\\u%04x", c);
        } else {
            if (c == '"' || c == '\\') out[used++] = '\\';
            out[used++] = (char)c;
        }
    }
    out[used++] = '"';
    return used;
}

static void no_answer(gr_request *request, const char *why) {
    gr_log(GR_LOG_ERROR, "upstream: %s", why);
    gr_respond(request, 502, "application/json", "{\"error\": \"no answer\"}\n", 23);
}

static void tell(gr_request *request, int status, gr_slice text) {
    char json[2 * TEXT_MAX];
    size_t len = (size_t)snprintf(json, sizeof json, "{\"status\": %d, \"text\": ", status);
    len += quote(json + len, sizeof json - len - 2, text.data, text.len);
    json[len++] = '}';
    json[len++] = '\n';
    gr_respond(request, 200, "application/json", json, len);
}

static void ask(gr_request *request, void *data) {
    gr_failure failure;
    gr_slice text;
    gr_answer *answer = gr_client_get(client, url, &failure);
    if (!answer)
        no_answer(request, failure.why);
    else if (gr_answer_collect(answer, TEXT_MAX, &text) < 0)
        no_answer(request, "the body breaks off, or is too long");
    else
        tell(request, gr_answer_status(answer), text);
    gr_answer_close(answer);
}

int gr_app_setup(gr_app *app) {
    const char *address = getenv("UPSTREAM");
    gr_client_options options = {.connections_per_origin = 1000};
    gr_failure failure;
    if (!address) {
        gr_log(GR_LOG_ERROR, "UPSTREAM must be the host:port of an HTTP service");
        return -1;
    }
    snprintf(url, sizeof url, "http://%s/", address);
    if (!(client = gr_client_open(&options, &failure))) {
        gr_log(GR_LOG_ERROR, "%s", failure.why);
        return -1;
    }
    return gr_app_route(app, "GET", "/", ask, NULL);
}
