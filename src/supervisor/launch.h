/* How a worker is started: which program, with which environment and which descriptors. */
#ifndef SUPERVISOR_LAUNCH_H
#define SUPERVISOR_LAUNCH_H

#include <limits.h>
#include <sys/types.h>

#include "config/settings.h"
#include "supervisor/confinement.h"

struct launch {
    unsigned edition;              /* see supervisor/edition.h */
    struct server_options options; /* slot, place and ready_fd are filled in for each worker */
    char program[PATH_MAX];        /* what is executed: an interpreter, or ourselves */
    char argument[PATH_MAX];       /* the boot script, or "worker" */
    char preload[PATH_MAX];        /* libgreenroom-posix.so */
    struct confinement confinement;
};

/* Finds what a worker of the application needs. The private files are looked for beside our own
 * program, as they are in a build tree, then where they are installed. The descriptors are the
 * caller's to add to launch->options. Returns 0, or -1 with a sentence. */
int launch_prepare(struct launch *launch, const struct settings *settings,
                   char error[SENTENCE_SIZE]);

/* Makes what has been prepared for workers the launch of the mule of that number, one of the
 * settings. Returns 0, or -1 with a sentence. */
int launch_become_mule(struct launch *launch, int number, const struct settings *settings,
                       char error[SENTENCE_SIZE]);

/* Has this program the interposed libc beneath it, which green threads need? Else executes it once
 * more, with that; argv is what main got. Returns 0, or -1 with a sentence. */
int launch_interposed(char **argv, char error[SENTENCE_SIZE]);

/* Starts a worker for a slot, with a place on the board. *ready gets the end of a pipe from which
 * can be read how the start went: src/server/ready_pipe.h. Until the worker serves it ends at once
 * if we die; afterwards the lifeline (options.master_fd) tells it to drain. What cannot be executed
 * says so on stderr and in the pipe, and exits with GR_EXIT_USAGE. *question gets a socket to ask
 * it by: src/server/question.h. Returns the process id, or -1 with errno. */
pid_t launch_worker(const struct launch *launch, int slot, int place, int *ready, int *question);

#endif
