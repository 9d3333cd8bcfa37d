#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <greenroom/greenroom.h>

int consume(void);

int consume(void) {
    gr_message *message;
    while ((message = gr_mule_receive(0))) {
        gr_slice payload = gr_message_payload(message);
        printf("got %.*s\n", (int)payload.len, payload.data);
        fflush(stdout);
        gr_message_reply(message, gr_slice_of("from C"));
        gr_message_free(message);
    }
    return errno == ESHUTDOWN ? 0 : -1;
}

static void ask(gr_request *request, void *data) {
    char reply[64];
    int asked = gr_mule_ask(0, gr_slice_of("hello"), gr_now() + 10000000000);
    ssize_t len = asked < 0 ? -1 : gr_mule_take_reply(asked, reply, sizeof reply, 0);
    if (asked >= 0) close(asked);
    gr_respond(request, len < 0 ? 500 : 200, "text/plain", reply, len < 0 ? 0 : (size_t)len);
}

int gr_app_setup(gr_app *app) { return gr_app_route(app, "GET", "/", ask, NULL); }
