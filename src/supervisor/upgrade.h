/* SIGUSR2: another binary of this program goes on in its place. It is tried first: `greenroom
 * check`, with the same arguments, in a child. Then the process executes it, and it takes over the
 * sockets and the workers (supervisor/handover.h), whom it replaces by its own. The process id
 * stays. */
#ifndef SUPERVISOR_UPGRADE_H
#define SUPERVISOR_UPGRADE_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/sentence.h"

struct master;

struct upgrade {
    pid_t check; /* 0: none is under way */
};

/* Begins it. Why it does not is said in the log. */
void upgrade_begin(struct master *m);

/* Was that child the check? Then goes on, and does not return if all is well. */
bool upgrade_go_on(struct master *m, pid_t child, int status);

/* The server stops: nothing comes of it. */
void upgrade_end(struct master *m);

/* In the check: can this binary not take over from the one that asks? Returns true with a sentence.
 */
bool upgrade_refuses(char error[SENTENCE_SIZE]);

#endif
