/* What a worker may do less than the master: its user, its CPUs, its sandbox. */
#ifndef SUPERVISOR_CONFINEMENT_H
#define SUPERVISOR_CONFINEMENT_H

#include "supervisor/affinity.h"
#include "supervisor/identity.h"

struct confinement {
    struct identity identity;
    struct affinity affinity;
    bool sandbox;
};

/* Finds out what the settings ask for, and whether it can be had. Returns 0, or -1 with a sentence.
 */
int confinement_find(struct confinement *confinement, const struct settings *settings,
                     char error[SENTENCE_SIZE]);

/* Gives back what it holds; it may be all zero. */
void confinement_free(struct confinement *confinement);

enum { CONFINEMENT_NO_SLOT = -1 };

/* Confines the calling process, for good, before it becomes the worker of a slot; what has no slot
 * keeps all CPUs. The kernel may forget PR_SET_PDEATHSIG over it. Returns NULL, or what could not
 * be done, with errno. */
const char *confinement_enter(const struct confinement *confinement, int slot);

#endif
