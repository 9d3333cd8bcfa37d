#include <errno.h>
#include <stdlib.h>

#include "http/response_head.h"
#include "server/route_tree.h"

/* A pattern while it is being taken apart. */
struct pattern {
    const char *at; /* where the next segment starts; NULL behind the last */
    char *names[ROUTE_PARAMS_MAX];
    unsigned name_count;
};

enum segment_kind { SEGMENT_LITERAL, SEGMENT_PARAM, SEGMENT_REST, SEGMENT_BAD };

static bool is_name(gr_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (c != '_' && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
            return false;
    }
    return name.len > 0;
}

static bool is_literal(gr_slice text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || strchr("{}?#%\x7f", text.data[i])) return false;
    return true;
}

/* *text becomes the name of a parameter, or stays the literal. */
static enum segment_kind classify(gr_slice *text) {
    if (text->len == 0 || text->data[0] != '{')
        return is_literal(*text) ? SEGMENT_LITERAL : SEGMENT_BAD;
    if (text->data[text->len - 1] != '}') return SEGMENT_BAD;
    gr_slice name = {text->data + 1, text->len - 2};
    enum segment_kind kind = SEGMENT_PARAM;
    if (name.len > 3 && memcmp(name.data + name.len - 3, "...", 3) == 0) {
        name.len -= 3;
        kind = SEGMENT_REST;
    }
    *text = name;
    return is_name(name) ? kind : SEGMENT_BAD;
}

static gr_slice next_segment(struct pattern *pattern) {
    size_t len = strcspn(pattern->at, "/");
    gr_slice segment = {pattern->at, len};
    pattern->at = pattern->at[len] ? pattern->at + len + 1 : NULL;
    return segment;
}

static int add_name(struct pattern *pattern, gr_slice name) {
    bool known = false;
    for (unsigned i = 0; i < pattern->name_count; i++)
        known |= gr_slice_equal(gr_slice_of(pattern->names[i]), name);
    if (known || pattern->name_count == ROUTE_PARAMS_MAX) {
        errno = EINVAL;
        return -1;
    }
    char *copy = strndup(name.data, name.len);
    if (!copy) return -1;
    pattern->names[pattern->name_count++] = copy;
    return 0;
}

static struct route_node *param_child(struct route_node *parent) {
    if (!parent->param) parent->param = calloc(1, sizeof *parent->param);
    return parent->param;
}

static struct route_node *literal_child(struct route_node *parent, gr_slice text) {
    for (struct route_node *child = parent->literals; child; child = child->sibling)
        if (gr_slice_equal(gr_slice_of(child->segment), text)) return child;
    struct route_node *child = calloc(1, sizeof *child);
    if (!child) return NULL;
    child->segment = strndup(text.data, text.len);
    if (!child->segment) {
        free(child);
        return NULL;
    }
    child->sibling = parent->literals;
    parent->literals = child;
    return child;
}

/* Where the routes of a pattern hang, its nodes made as needed; NULL with errno EINVAL or ENOMEM.
 * Nodes without routes, which a failure leaves, match nothing. */
static struct route **place(struct route_node *node, struct pattern *pattern) {
    while (pattern->at) {
        gr_slice text = next_segment(pattern);
        enum segment_kind kind = classify(&text);
        if (kind == SEGMENT_BAD || (kind == SEGMENT_REST && pattern->at)) {
            errno = EINVAL;
            return NULL;
        }
        if (kind != SEGMENT_LITERAL && add_name(pattern, text) < 0) return NULL;
        if (kind == SEGMENT_REST) return &node->rest;
        node = kind == SEGMENT_PARAM ? param_child(node) : literal_child(node, text);
        if (!node) return NULL;
    }
    return &node->routes;
}

static bool has_method(const struct route *routes, const char *method) {
    for (; routes; routes = routes->next)
        if (method && routes->method ? strcmp(routes->method, method) == 0
                                     : method == routes->method)
            return true;
    return false;
}

static void route_free(struct route *route) {
    free(route->method);
    free(route->pattern);
    free(route);
}

static int hang(struct route **routes, const char *method, struct pattern *pattern,
                const char *text, gr_handler *handler, void *data) {
    if (has_method(*routes, method)) {
        errno = EEXIST;
        return -1;
    }
    struct route *route = malloc(sizeof *route);
    if (!route) return -1;
    *route = (struct route){.next = *routes, .handler = handler, .data = data};
    if (!(route->pattern = strdup(text)) || (method && !(route->method = strdup(method)))) {
        route_free(route);
        return -1;
    }
    memcpy(route->names, pattern->names, sizeof route->names);
    *routes = route;
    return 0;
}

int gr_app_route(gr_app *app, const char *method, const char *pattern, gr_handler *handler,
                 void *data) {
    if (!handler || pattern[0] != '/' || (method && !http_is_token(gr_slice_of(method)))) {
        errno = EINVAL;
        return -1;
    }
    if (!app->root && !(app->root = calloc(1, sizeof *app->root))) return -1;
    struct pattern parts = {.at = pattern + 1};
    struct route **routes = place(app->root, &parts);
    if (routes && hang(routes, method, &parts, pattern, handler, data) == 0) return 0;
    for (unsigned i = 0; i < parts.name_count; i++) free(parts.names[i]);
    return -1;
}

void gr_app_fallback(gr_app *app, gr_handler *handler, void *data) {
    app->fallback = handler;
    app->fallback_data = data;
}
