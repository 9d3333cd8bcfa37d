/* The routes of an application, as the process that has loaded it tells them once, before it
 * serves: they lie in its metric store, and end with it. docs/service-docs.md is what comes of it.
 *
 * A catalogue is text: CATALOGUE_LINES lines for each route, of which those are empty that say
 * nothing. Control characters have become blanks. */
#ifndef OBSERVE_CATALOGUE_H
#define OBSERVE_CATALOGUE_H

#include "greenroom/worker.h"
#include "observe/metric_store.h"

enum {
    CATALOGUE_ROUTES_MAX = 2000,
    CATALOGUE_TEXT_MAX = 256 << 10,
    CATALOGUE_LINE_MAX = 1000,   /* what is longer is cut off */
    CATALOGUE_NAME_MAX = 256,    /* of what the head says */
    CATALOGUE_ENDPOINT_MAX = 99, /* bytes of a route by which it is called in metrics */
};

enum catalogue_line {
    CATALOGUE_ROUTE,
    CATALOGUE_METHODS,
    CATALOGUE_PARAMETERS,
    CATALOGUE_EXAMPLE,
    CATALOGUE_DEFINED,
    CATALOGUE_DOC,
    CATALOGUE_HOST,
    CATALOGUE_LINES
};

/* What holds for all routes, and for a call to the first of the server's sockets. */
struct catalogue_head {
    char app[CATALOGUE_NAME_MAX], release[CATALOGUE_NAME_MAX], mount[CATALOGUE_NAME_MAX];
    uint32_t proxied;   /* not 0: connections begin with the PROXY protocol */
    uint32_t self_made; /* not 0: its certificate is signed by nobody else */
};

struct catalogue {
    struct catalogue_head head;
    uint32_t left_out; /* routes that found no room */
    uint32_t count, len;
    char text[CATALOGUE_TEXT_MAX];
};

/* Adds a route to those of this process, if anybody wants to know. */
void catalogue_add(const gr_route_notes *notes);

/* There are no more: they can be read. app, release and mount are those of the head. */
void catalogue_publish(const char *app, const char *release, const char *mount, bool proxied,
                       bool self_made);

/* The master's: what a process has published, if it has, in fresh memory: whatever it has written
 * there, it is printable UTF-8 and line breaks, and its lengths are within their bounds. NULL for
 * nothing, or no memory. */
struct catalogue *catalogue_read(struct metric_store *store);

/* The next route: takes its lines from the front of text. False at the end. */
bool catalogue_next(gr_slice *text, gr_slice lines[CATALOGUE_LINES]);

#endif
