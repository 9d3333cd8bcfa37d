/* Follows what `greenroom log-level` says while the worker runs. */
#ifndef SERVER_LEVEL_WATCH_H
#define SERVER_LEVEL_WATCH_H

#include "log/levels.h"

/* Adopts what has been said so far. start: what the settings say. Returns the list that holds then.
 */
const char *level_watch_begin(struct log_levels *levels, const char *start);

/* Starts the OS thread that waits for more, and then has gr_worker_serve return, as for a signal:
 * the host asks gr_log_levels. Returns 0, or -1 with errno. */
int level_watch_start(void);

#endif
