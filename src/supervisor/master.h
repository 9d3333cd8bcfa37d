/* The master: owns the listening sockets, keeps one worker in each slot, runs no application code.
 */
#ifndef SUPERVISOR_MASTER_H
#define SUPERVISOR_MASTER_H

#include "config/settings.h"

/* Serves until told to stop by SIGTERM, SIGINT or SIGHUP, or only has one worker load the
 * application if settings say check_only; and returns the exit code of the program: 0 after a stop;
 * 1 when the application could not be loaded; 2 when what was asked for cannot be. Everything worth
 * saying has been said on stderr. For the process's only thread. */
int master_run(const struct settings *settings);

#endif
