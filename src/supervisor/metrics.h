/* The stores in which workers and mules count (src/observe/metric_store.h), one for each process
 * from its start to its death, by its place on the board; and a last one, where the counts of those
 * are kept that are over. Nothing is lost with a process, and a store is never used again.
 *
 * Any thread of the master may call these. */
#ifndef SUPERVISOR_METRICS_H
#define SUPERVISOR_METRICS_H

#include "observe/catalogue.h"
#include "observe/metric_table.h"
#include "observe/slow_format.h"
#include "server/board.h"
#include "supervisor/listener.h"

/* From now on metrics are kept, and what the board says of processes is shown beside them. Returns
 * 0, or -1 with errno. */
int metrics_keep(const struct board *board);

/* A store for the process that is to have that place, for that slot, with the application's version
 * ("": nobody says). Returns its descriptor, which stays ours; -1 when metrics are not kept, or
 * there is no memory for any. */
int metrics_give(int place, int slot, const char *release);

/* The sockets whose backlogs are shown from now on; they are not to be closed before this has been
 * called with others, or with none. */
void metrics_show(const struct listener *listeners, int count);

/* The process there is over. */
void metrics_take(int place);

/* What the process that was started last of those that have told of their routes has told;
 * malloc'ed. NULL where nobody has. */
struct catalogue *metrics_catalogue(void);

/* The first of the sockets that are shown. False where there is none. */
bool metrics_listener(struct listener *listener);

/* Fills the table with the metrics of all. */
void metrics_fill(struct metric_table *table);

/* The slowest requests of all. */
void metrics_list_slow(struct slow_list *list);

/* --- For a master that gives way to another, and for that one --- */

/* Of all processes that are over; -1: metrics are not kept. */
int metrics_past_fd(void);
/* Of the process at a place; -1 for none. */
int metrics_fd(int place);

int metrics_adopt_past(int fd);
int metrics_adopt(int place, int slot, int fd);

#endif
