/* Calls an HTTP service for each request and answers with JSON. UPSTREAM is its host:port.
 *
 *     UPSTREAM=127.0.0.1:8080 greenroom serve examples/upstream.so
 *
 * Four hundred of these wait at once in one worker, each in a plain recv(2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "http_get.h"
#include <greenroom/greenroom.h>

static struct http_server upstream;

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

static void ask(gr_request *request, void *data) {
    struct http_reply reply;
    if (http_get(&upstream, "/", &reply) < 0) {
        gr_log(GR_LOG_ERROR, "upstream: %s", strerror(errno));
        gr_respond(request, 502, "application/json", "{\"error\": \"no answer\"}\n", 23);
        return;
    }
    char json[2 * HTTP_GET_REPLY_MAX];
    size_t len = (size_t)snprintf(json, sizeof json, "{\"status\": %d, \"text\": ", reply.status);
    len += quote(json + len, sizeof json - len - 2, reply.body, reply.body_len);
    json[len++] = '}';
    json[len++] = '\n';
    gr_respond(request, 200, "application/json", json, len);
}

int gr_app_setup(gr_app *app) {
    const char *address = getenv("UPSTREAM");
    if (!address || http_server_init(&upstream, address) < 0) {
        gr_log(GR_LOG_ERROR, "UPSTREAM must be the host:port of an HTTP service");
        return -1;
    }
    return gr_app_route(app, "GET", "/", ask, NULL);
}
