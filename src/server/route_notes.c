#include "server/route_notes.h"

#include <dlfcn.h>
#include <stdio.h>

#include "greenroom/worker.h"
#include "observe/catalogue.h"
#include "observe/metric.h"
#include "server/known_names.h"
#include "server/route_tree.h"
#include "server/tls_listener.h"

_Static_assert((int)CATALOGUE_ENDPOINT_MAX == KNOWN_NAME_SIZE - 1,
               "a route is found again in the metrics");

bool gr_worker_wants_routes(void) { return metrics_on; }

void gr_worker_note_route(const gr_route_notes *notes) { catalogue_add(notes); }

/* ---- routes in C ---- */

/* "shop.so:order" of a function that has a name in the shared object, else "shop.so+0x1139". */
static void find_definition(gr_handler *handler, char text[CATALOGUE_LINE_MAX]) {
    Dl_info info;
    void *code;
    memcpy(&code, &handler, sizeof code);
    *text = '\0';
    if (!dladdr(code, &info)) return;
    const char *slash = strrchr(info.dli_fname, '/'), *file = slash ? slash + 1 : info.dli_fname;
    if (info.dli_saddr == code)
        snprintf(text, CATALOGUE_LINE_MAX, "%s:%s", file, info.dli_sname);
    else
        snprintf(text, CATALOGUE_LINE_MAX, "%s+%#tx", file, (char *)code - (char *)info.dli_fbase);
}

/* Parameters may be anything; a number is what most of those take that take no other text. */
static void make_example(const char *pattern, char text[CATALOGUE_LINE_MAX]) {
    size_t used = 0;
    for (; *pattern && used < CATALOGUE_LINE_MAX - 1; pattern++) {
        text[used++] = *pattern == '{' ? '1' : *pattern;
        if (*pattern == '{') pattern = strchr(pattern, '}');
    }
    text[used] = '\0';
}

static void list_parameters(const char *pattern, char text[CATALOGUE_LINE_MAX]) {
    size_t used = 0;
    *text = '\0';
    while ((pattern = strchr(pattern, '{')) && used < CATALOGUE_LINE_MAX) {
        const char *end = strchr(++pattern, '}');
        bool is_rest = end - pattern > 3 && memcmp(end - 3, "...", 3) == 0;
        int len = (int)(end - pattern) - 3 * is_rest;
        used += (size_t)snprintf(text + used, CATALOGUE_LINE_MAX - used, "%s%.*s:%s",
                                 used ? " " : "", len, pattern, is_rest ? "path" : "segment");
    }
}

static void note_all(const struct route *routes) {
    char parameters[CATALOGUE_LINE_MAX], example[CATALOGUE_LINE_MAX], defined[CATALOGUE_LINE_MAX];
    for (const struct route *route = routes; route; route = route->next) {
        list_parameters(route->pattern, parameters);
        make_example(route->pattern, example);
        find_definition(route->handler, defined);
        catalogue_add(&(gr_route_notes){
            .route = route->pattern,
            .methods = route->method,
            .parameters = parameters,
            .example = example,
            .defined = defined,
        });
    }
}

static void walk(const struct route_node *node) {
    note_all(node->routes);
    note_all(node->rest);
    for (const struct route_node *child = node->literals; child; child = child->sibling)
        walk(child);
    if (node->param) walk(node->param);
}

/* ---- */

void route_notes_publish(const struct server_options *options, const struct gr_app *app) {
    if (!metrics_on) return;
    if (app->root) walk(app->root);
    const struct tls_listener *tls = tls_listener_at(0);
    bool self_made = tls && tls_library->is_self_made(tls_listener_context(tls));
    catalogue_publish(options->app, options->release, options->mount, options->proxied[0],
                      self_made);
}
