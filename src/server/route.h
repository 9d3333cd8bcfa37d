/* Which handler answers: a tree with one level per path segment. */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include "base/arena.h"
#include "greenroom/app.h"

struct route_node;

struct gr_app {
    struct route_node *root; /* NULL while there are no routes */
    gr_handler *fallback;    /* NULL: 404 */
    void *fallback_data;
};

struct route_param {
    const char *name;
    gr_slice value; /* percent-decoded, a NUL behind it */
};

enum { ROUTE_PARAMS_MAX = 16 }; /* in one pattern; more are EINVAL */

enum route_result {
    ROUTE_FOUND,         /* handler and data, params and param_count */
    ROUTE_NOT_FOUND,     /* nor is there a fallback */
    ROUTE_NOT_ALLOWED,   /* by another method only: allow is "GET, HEAD, POST" */
    ROUTE_OUT_OF_MEMORY, /* the arena could not grow */
};

struct route_match {
    gr_handler *handler;
    void *data;
    struct route_param *params;
    unsigned param_count;
    const char *allow;
    const char *pattern; /* NULL: of the fallback */
};

/* path is as sent: an encoded slash does not end a segment. Its percent escapes must be
 * well-formed. What match points to is in the arena or lives as long as the application. */
enum route_result route_find(const struct gr_app *app, gr_slice method, gr_slice path,
                             struct arena *arena, struct route_match *match);

#endif
