/* The master: owns the listening sockets, keeps one worker in each slot, runs no application code.
 */
#ifndef SUPERVISOR_MASTER_H
#define SUPERVISOR_MASTER_H

#include "supervisor/edition.h"

/* Serves until told to stop by SIGTERM or SIGINT, or only has one worker load the application if
 * the settings say check_only; and returns the exit code of the program: 0 after a stop; 1 when the
 * application could not be loaded; 2 when what was asked for cannot be. Everything worth saying has
 * been said on stderr. SIGHUP has the edition, which it takes over, succeeded by one that is read
 * from the same arguments. For the process's only thread. */
int master_run(struct edition *edition, int argc, char **argv);

#endif
