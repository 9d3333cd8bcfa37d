/* --reload, for development: notices (inotify(7)) that a file of the application has changed, in
 * the current directory or beneath it: Python, shared objects, settings. Directories that are
 * hidden, virtual environments, and those of caches and of node are left out. */
#ifndef SUPERVISOR_WATCH_H
#define SUPERVISOR_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/sentence.h"

struct watch {
    bool open;
    int fd;
    int64_t due;  /* when a change is to be acted on, and those that belong to it are made; NEVER */
    char **paths; /* of the directories, by watch descriptor; NULL for none */
    int count;
};

/* Returns 0, or -1 with a sentence. */
int watch_open(struct watch *watch, char error[SENTENCE_SIZE]);

/* What poll(2) is to look for, -1 for nothing; and what it has found. */
int watch_fd(const struct watch *watch);
void watch_act(struct watch *watch);

/* Is it time to act on a change? Then that is done with. */
bool watch_take(struct watch *watch, int64_t now);

#endif
