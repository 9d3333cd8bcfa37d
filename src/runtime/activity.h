/* What a green thread is at, for those who ask from outside: to tell an operator what a request
 * waits for. */
#ifndef RUNTIME_ACTIVITY_H
#define RUNTIME_ACTIVITY_H

#include "runtime/green.h"

enum activity_kind {
    ACTIVITY_RUNS,
    ACTIVITY_RUNS_APART,  /* detached, beside the others */
    ACTIVITY_QUEUED,      /* ready, and waits for its turn */
    ACTIVITY_DESCRIPTOR,  /* waits for a descriptor */
    ACTIVITY_DESCRIPTORS, /* for one of several */
    ACTIVITY_TIME,
    ACTIVITY_LOCK,        /* or a semaphore, a condition, another thread: an address */
    ACTIVITY_INTERPRETER, /* the interpreter's lock */
    ACTIVITY_OS_THREAD,   /* an OS thread does its work */
    ACTIVITY_OTHER,       /* another green thread, by a channel, a stream or a scope */
};

struct activity {
    enum activity_kind kind;
    int fd;      /* of DESCRIPTOR and DESCRIPTORS; -1: none */
    int64_t due; /* of TIME */
};

/* Of the park that green is in or about to be in. */
struct activity activity_of_wait(const struct green *green);

/* Between sched_enter and sched_leave of the caller. Never parks. */
RT_SHARED struct activity activity_of(const struct green *green);

#endif
