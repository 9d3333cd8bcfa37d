/* What can be read on the admin listener: a table of pages. For its thread. */
#ifndef SUPERVISOR_ADMIN_PAGE_H
#define SUPERVISOR_ADMIN_PAGE_H

#include "observe/metric_table.h"
#include "supervisor/admin_events.h"

/* Answers a request, one of all, if it may be answered. table is where metrics are summed. */
void admin_page_answer(struct admin_request *request,
                       const struct admin_request all[ADMIN_REQUESTS], struct metric_table *table);

#endif
