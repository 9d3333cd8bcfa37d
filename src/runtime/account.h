/* Where the time of a green thread goes: the clock of its states.
 *
 *        ┌────────── queued ◀── woken ──┐
 *        ▼                              │
 *     running ──────── parks ───────▶ waits (by what for: enum account_kind)
 *
 * Each change of state adds the time since the last one to one of the kinds, so their sum is all
 * the time since account_open, whatever happens. Only green threads that have been given an account
 * pay for it: one look at the clock when they leave the processor. When they come back, and when
 * they were woken, is known from the time of the scheduler's pass or from whoever left the
 * processor before them; who wakes one while it runs itself looks at the clock for it.
 *
 * An account is written by its own green thread alone. */
#ifndef RUNTIME_ACCOUNT_H
#define RUNTIME_ACCOUNT_H

#include "base/clock.h"
#include "runtime/green.h"

enum account_kind {
    ACCOUNT_RUNNING,     /* has the processor, as far as the scheduler knows */
    ACCOUNT_QUEUED,      /* could go on, and waits for its turn */
    ACCOUNT_DESCRIPTOR,  /* waits for a descriptor, or for one of several */
    ACCOUNT_SLEEP,       /* for time */
    ACCOUNT_LOCK,        /* for a lock, a condition, a semaphore, the end of a thread */
    ACCOUNT_INTERPRETER, /* for the interpreter's lock */
    ACCOUNT_OS_THREAD, /* a slow call is made on another kernel task, or its work on an OS thread */
    ACCOUNT_OTHER,     /* for another green thread: a channel, a stream, a scope */
    ACCOUNT_KINDS
};

struct account {
    int64_t opened, since; /* when the state began that it is in */
    int64_t spent[ACCOUNT_KINDS];
    /* Told of each wait for a descriptor when it is over. Must not park. */
    void (*waited)(struct account *account, int fd, int64_t ns);
};

/* Begins to count for the calling green thread, which is running; the account stays the caller's.
 * waited may be NULL. Ends with account_close. */
RT_SHARED void account_open(struct account *account, int64_t now,
                            void (*waited)(struct account *account, int fd, int64_t ns));

/* now is a look at the clock since the caller last parked. */
RT_SHARED void account_close(struct account *account, int64_t now);

/* Adds the time since the last change of state, up to now. */
static inline void account_add(struct account *account, enum account_kind kind, int64_t now) {
    account->spent[kind] += now - account->since;
    account->since = now;
}

/* For what the state of a green thread counts that is parked, or about to be. */
enum account_kind account_kind_of_wait(const struct green *green);

/* What has been spent on each kind until now, with the state included that green is in, whose
 * account it is. For the green thread itself, or between sched_enter and sched_leave. */
void account_read(const struct account *account, const struct green *green, int64_t now,
                  int64_t spent[ACCOUNT_KINDS]);

#endif
