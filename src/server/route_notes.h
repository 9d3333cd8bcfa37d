/* What this worker tells of the routes of its application (observe/catalogue.h): those that its
 * host has noted (gr_worker_note_route), and those of gr_app_route. */
#ifndef SERVER_ROUTE_NOTES_H
#define SERVER_ROUTE_NOTES_H

#include "server/options.h"
#include "server/route.h"

/* There are no more. For once, before the worker serves; does nothing where nobody wants to know.
 */
void route_notes_publish(const struct server_options *options, const struct gr_app *app);

#endif
