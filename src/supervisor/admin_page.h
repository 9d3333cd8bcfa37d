/* What can be read on the admin listener: a table of pages. For its thread. */
#ifndef SUPERVISOR_ADMIN_PAGE_H
#define SUPERVISOR_ADMIN_PAGE_H

#include "observe/metric_table.h"
#include "supervisor/admin_request.h"

/* Answers a request that may be answered. table is where metrics are summed. */
void admin_page_answer(struct admin_request *request, struct metric_table *table);

#endif
