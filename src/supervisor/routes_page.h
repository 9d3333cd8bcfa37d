/* /routes.json of the admin listener: the application's routes, as a worker has told them, what the
 * metrics say of each, and how it is called (docs/service-docs.md). */
#ifndef SUPERVISOR_ROUTES_PAGE_H
#define SUPERVISOR_ROUTES_PAGE_H

#include <stdio.h>

#include "observe/metric_table.h"

/* Returns 0, or -1 with errno. For the thread of the admin listener. */
int routes_page_write(const struct metric_table *table, FILE *out);

#endif
