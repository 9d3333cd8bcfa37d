/* An application: which handler answers which request.
 *
 * A C application is a shared object that exports
 *
 *     int gr_app_setup(gr_app *app);      // 0, or -1 with errno: the worker refuses to start
 *
 * and is served by `greenroom serve ./app.so`. gr_app_setup runs once in every worker, on green
 * thread 0, before the first request. */
#ifndef GREENROOM_APP_H
#define GREENROOM_APP_H

#include <greenroom/base.h>

GR_BEGIN

typedef struct gr_app gr_app;
typedef struct gr_request gr_request;

/* Answers one request. Runs on a green thread of its own and may block in any libc call: that
 * parks the green thread and not the worker. data is what the route was registered with.
 * Returning without an answer sends 500. */
typedef void gr_handler(gr_request *request, void *data);

/* Registers a handler.
 *
 * method   "GET", "POST", ...; NULL for any. HEAD is answered by the GET handler, without body.
 * pattern  an absolute path. A segment "{name}" matches one whole segment and is read with
 *          gr_request_param; a last segment "{name...}" matches the rest, slashes included.
 *
 * Literal segments win over parameters, longer patterns over "...". A path that matches with
 * another method only is answered 405 with Allow, one that matches nothing 404.
 * Returns 0, or -1 with errno EINVAL (malformed pattern), EEXIST (same method and pattern
 * already there) or ENOMEM. The strings are copied. */
GR_API int gr_app_route(gr_app *app, const char *method, const char *pattern, gr_handler *handler,
                        void *data);

/* The handler for everything that no route matches, whatever its method. */
GR_API void gr_app_fallback(gr_app *app, gr_handler *handler, void *data);

/* What the application's shared object exports. */
GR_API int gr_app_setup(gr_app *app);

GR_END

#endif
