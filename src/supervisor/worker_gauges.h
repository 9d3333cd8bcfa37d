/* What the master sees of a process by itself: on the board, and in /proc. */
#ifndef SUPERVISOR_WORKER_GAUGES_H
#define SUPERVISOR_WORKER_GAUGES_H

#include "observe/metric_table.h"
#include "server/board.h"

/* Puts the numbers of the process at a place into the table, while it is filled; nothing for one
 * that has just begun. slot is that of the process. */
void worker_gauges_put(struct metric_table *table, const struct board_place *place, int slot);

#endif
