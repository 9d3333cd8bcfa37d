/* Faults on purpose: what a kernel does on a bad day, done often. For tests.
 *
 * A build configured with -Dfaults=true obeys one environment variable:
 *
 *     GREENROOM_FAULTS=short:0.3,eagain,yield:0.01,seed=7,report=/tmp/counts
 *
 * It is a list of kinds, each with the chance from 0 to 1 that an opportunity is taken (when left
 * out: one that shows much and still gets somewhere); of the seed of what is drawn (1); and of a
 * file for the counts. The n-th opportunity of a kind in a process is taken or not by kind, n and
 * seed alone, so that what failed can be repeated. Faults begin when the runtime has started, and
 * end in a child of fork.
 *
 * None of it is in other builds: fault() is a constant there, and whoever sets the variable is
 * told. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_EINTR,    /* a raw system call that waits, or looks with ppoll(2), is interrupted */
    FAULT_EAGAIN,   /* what is tried on a socket or a pipe is not ready yet, but soon */
    FAULT_SHORT,    /* less than asked for is received or sent, of a stream */
    FAULT_ENOMEM,   /* no memory or thread where we can wait, do without or try again */
    FAULT_OOM,      /* no memory where one request or connection has to bear it */
    FAULT_EMFILE,   /* no descriptor for a connection, or for one of our own */
    FAULT_SPURIOUS, /* a park or a futex(2) wait ends for no reason */
    FAULT_YIELD,    /* a hook gives way first */
    FAULT_HANDOFF,  /* the scheduler moves on from whoever runs: tried about once a millisecond */
    FAULT_KINDS,
};

/* The file that report= names: made by whoever wants the counts, one of these per kind, all zero.
 * Every process that has faults adds to it. */
struct fault_count {
    uint64_t opportunities, taken;
};

#define FAULT_SHARED __attribute__((visibility("default")))

#ifdef GREENROOM_WITH_FAULTS

/* The chance of each kind, in units of 2^-32; 0 while there are no faults. */
extern FAULT_SHARED uint64_t fault_chance[FAULT_KINDS];

FAULT_SHARED bool fault_draw(enum fault kind);

static inline bool fault_is_on(enum fault kind) { return fault_chance[kind] != 0; }

/* Shall it go wrong here? Any caller, signal handlers included. */
static inline bool fault(enum fault kind) { return fault_is_on(kind) && fault_draw(kind); }

/* Of a number of bytes, at least 1: how many there shall be of it, at least 1. */
FAULT_SHARED uint64_t fault_part(uint64_t whole);

/* Can GREENROOM_FAULTS, if it is set, be obeyed? Returns 0, or -1 with errno and a sentence. */
FAULT_SHARED int fault_check(const char **why);

/* Obeys it until fault_stop. Returns as fault_check. */
FAULT_SHARED int fault_start(const char **why);
FAULT_SHARED void fault_stop(void);

FAULT_SHARED struct fault_count fault_count(enum fault kind);

/* Are there kinds after which descriptors are owed events? */
static inline bool fault_owes_events(void) {
    return fault_is_on(FAULT_EAGAIN) || fault_is_on(FAULT_SHORT);
}

/* After an EAGAIN, or a short count, of ours there is no event to come from the kernel, as nothing
 * changes. So the descriptor is owed one, and the poller sees to it. Returns whether it was, and
 * is no longer. */
FAULT_SHARED bool fault_owes_event(int fd);
void fault_owe_event(int fd);

#else

#include <errno.h>
#include <stdlib.h>

static inline bool fault_is_on(enum fault kind) { return false; }
static inline bool fault(enum fault kind) { return false; }
static inline uint64_t fault_part(uint64_t whole) { return whole; }
static inline bool fault_owes_events(void) { return false; }
static inline bool fault_owes_event(int fd) { return false; }
static inline void fault_stop(void) {}

static inline int fault_check(const char **why) {
    if (!getenv("GREENROOM_FAULTS")) return 0;
    *why = "GREENROOM_FAULTS is set, but this build injects no faults (meson -Dfaults=true)";
    errno = ENOTSUP;
    return -1;
}

static inline int fault_start(const char **why) { return fault_check(why); }

#endif

#endif
