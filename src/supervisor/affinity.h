/* Which CPUs a worker keeps to: --cpu-affinity. They are dealt out to the slots like cards: with as
 * many workers as CPUs each has one; with fewer workers each has several; with more, some share.
 * All that a worker runs keeps to them, spare carriers and threads of the application too. */
#ifndef SUPERVISOR_AFFINITY_H
#define SUPERVISOR_AFFINITY_H

#include <sched.h>

#include "config/settings.h"

struct affinity {
    int cpus[CPU_SETSIZE];
    int count; /* 0: workers run where they like */
    int workers;
};

/* Returns 0, or -1 with a sentence: a CPU that this process may not use. */
int affinity_find(struct affinity *affinity, const struct settings *settings,
                  char error[SENTENCE_SIZE]);

/* Has the calling process, and whatever it starts, keep to those of a slot. Returns 0, or -1 with
 * errno. */
int affinity_keep(const struct affinity *affinity, int slot);

#endif
