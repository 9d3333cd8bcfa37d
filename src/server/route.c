#include "server/route.h"

#include "http/url.h"
#include "server/route_tree.h"

/* A walk down the tree that tries, at each level, literal, parameter and rest, and comes back from
 * where no route takes the method. Since a node belongs to one level, it is visited at most once.
 */
struct search {
    gr_slice method;
    const char *end; /* of the path */
    gr_slice values[ROUTE_PARAMS_MAX];
    unsigned value_count;
    const struct route *found;
    bool path_known; /* some route has this path, if with another method */
    char *allow;     /* NULL while searching; else the methods of all that match are put here */
    size_t allow_len, allow_room;
};

static int hex_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* Compares a segment as sent with decoded text. */
static bool segment_is(gr_slice segment, const char *text) {
    size_t i = 0;
    for (; i < segment.len && *text; text++) {
        char c = segment.data[i++];
        if (c == '%') {
            c = (char)(hex_value(segment.data[i]) << 4 | hex_value(segment.data[i + 1]));
            i += 2;
        }
        if (c != *text) return false;
    }
    return i == segment.len && !*text;
}

static bool method_is(const struct route *route, const char *method) {
    return route->method && strcmp(route->method, method) == 0;
}

static const struct route *route_for(const struct route *routes, gr_slice method) {
    const struct route *by_get = NULL, *by_any = NULL;
    for (; routes; routes = routes->next) {
        if (!routes->method)
            by_any = routes;
        else if (gr_slice_equal(gr_slice_of(routes->method), method))
            return routes;
        else if (method_is(routes, "GET") && gr_slice_equal(gr_slice_of("HEAD"), method))
            by_get = routes;
    }
    return by_get ? by_get : by_any;
}

static void allow(struct search *search, const char *method) {
    size_t len = strlen(method), gap = search->allow_len ? 2 : 0;
    if (search->allow_len + gap + len >= search->allow_room) return;
    memcpy(search->allow + search->allow_len, ", ", gap);
    memcpy(search->allow + search->allow_len + gap, method, len + 1);
    search->allow_len += gap + len;
}

static bool take(struct search *search, const struct route *routes) {
    if (!routes) return false;
    search->path_known = true;
    if (search->allow) {
        for (; routes; routes = routes->next) {
            allow(search, routes->method);
            if (method_is(routes, "GET")) allow(search, "HEAD");
        }
        return false;
    }
    search->found = route_for(routes, search->method);
    return search->found != NULL;
}

static void push_value(struct search *search, const char *at, const char *end) {
    search->values[search->value_count++] = (gr_slice){at, (size_t)(end - at)};
}

/* at is where a segment starts, or NULL behind the last. */
static bool walk(struct search *search, const struct route_node *node, const char *at) {
    if (!at) return take(search, node->routes);

    const char *slash = memchr(at, '/', (size_t)(search->end - at));
    const char *end = slash ? slash : search->end, *next = slash ? slash + 1 : NULL;
    for (const struct route_node *child = node->literals; child; child = child->sibling)
        if (segment_is((gr_slice){at, (size_t)(end - at)}, child->segment)) {
            if (walk(search, child, next)) return true;
            break;
        }
    unsigned mark = search->value_count;
    if (node->param && end > at) {
        push_value(search, at, end);
        if (walk(search, node->param, next)) return true;
        search->value_count = mark;
    }
    if (!node->rest) return false;
    push_value(search, at, search->end);
    if (take(search, node->rest)) return true;
    search->value_count = mark;
    return false;
}

static bool decode_params(const struct search *search, struct arena *arena,
                          struct route_match *match) {
    match->param_count = search->value_count;
    if (search->value_count == 0) return true;
    match->params = arena_alloc(arena, search->value_count * sizeof *match->params);
    if (!match->params) return false;
    for (unsigned i = 0; i < search->value_count; i++) {
        gr_slice value = search->values[i];
        char *text = arena_alloc(arena, value.len + 1);
        if (!text) return false;
        size_t len = (size_t)url_decode(value, text);
        text[len] = '\0';
        match->params[i] = (struct route_param){search->found->names[i], {text, len}};
    }
    return true;
}

static enum route_result list_methods(struct search *search, const struct route_node *root,
                                      const char *at, struct arena *arena,
                                      struct route_match *match) {
    char text[256] = "";
    search->allow = text;
    search->allow_room = sizeof text;
    walk(search, root, at);
    search->allow = NULL;
    match->allow = arena_copy(arena, text, search->allow_len);
    return match->allow ? ROUTE_NOT_ALLOWED : ROUTE_OUT_OF_MEMORY;
}

enum route_result route_find(const struct gr_app *app, gr_slice method, gr_slice path,
                             struct arena *arena, struct route_match *match) {
    *match = (struct route_match){.handler = app->fallback, .data = app->fallback_data};
    if (app->root && path.len > 0 && path.data[0] == '/') {
        struct search search = {.method = method, .end = path.data + path.len};
        if (walk(&search, app->root, path.data + 1)) {
            match->handler = search.found->handler;
            match->data = search.found->data;
            match->pattern = search.found->pattern;
            return decode_params(&search, arena, match) ? ROUTE_FOUND : ROUTE_OUT_OF_MEMORY;
        }
        if (search.path_known) return list_methods(&search, app->root, path.data + 1, arena, match);
    }
    return match->handler ? ROUTE_FOUND : ROUTE_NOT_FOUND;
}
