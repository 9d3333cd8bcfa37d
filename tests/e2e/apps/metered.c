/* What an application in C counts by itself. */
#include <greenroom/greenroom.h>

static void early(void) {
    GR_TIMING("step") { return; }
}

static void use(gr_request *request, void *data) {
    gr_label kind = {"kind", "book"};
    GR_COUNT("visits", 1);
    GR_MARK("mails", 3);
    GR_SET("open", 5);
    GR_RECORD("sizes", 4000);
    GR_TIMING("step") { GR_COUNT("visits", 1); }
    early();
    gr_metric_add(gr_metric_find(GR_COUNTER, "orders", "Orders that were taken", &kind, 1), 3.5);
    gr_respond(request, 200, "text/plain", "fine\n", 5);
}

int gr_app_setup(gr_app *app) { return gr_app_route(app, "GET", "/", use, NULL); }
