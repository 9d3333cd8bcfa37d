/* How a worker is started: which program, with which environment and which descriptors. */
#ifndef SUPERVISOR_LAUNCH_H
#define SUPERVISOR_LAUNCH_H

#include <limits.h>
#include <sys/types.h>

#include "config/settings.h"

struct launch {
    struct server_options options; /* slot and ready_fd are filled in for each worker */
    char program[PATH_MAX];        /* what is executed: an interpreter, or ourselves */
    char argument[PATH_MAX];       /* the boot script, or "worker" */
    char preload[PATH_MAX];        /* libgreenroom-posix.so */
    int lifeline;                  /* write end of the pipe that ends when the master does */
};

/* Finds what a worker of the application needs, and makes the lifeline. The private files are
 * looked for beside our own program, as they are in a build tree, then where they are installed.
 * The listening sockets and the board are the caller's to add to launch->options. Returns 0, or -1
 * with a sentence. */
int launch_prepare(struct launch *launch, const struct settings *settings,
                   char error[SENTENCE_SIZE]);

/* Starts the worker of a slot. In *ready it leaves the end of a pipe from which one byte can be
 * read once the worker serves. Until then the worker ends at once if we die; afterwards the
 * lifeline tells it to drain. What cannot be executed says so on stderr and exits with
 * GR_EXIT_USAGE. Returns the process id, or -1 with errno. */
pid_t launch_worker(const struct launch *launch, int slot, int *ready);

#endif
