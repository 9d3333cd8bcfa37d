/* A slot: one of the N workers that are to serve at any time. It is handed on when its worker dies,
 * or when another takes over.
 *
 *     serving   starting
 *       -          -        nobody: empty, or until due
 *       -          A        A loads the application
 *       A          -        A serves
 *       A          B        A serves, and B will take over once it is ready
 *
 * Who has been told to end no longer belongs to its slot.
 *
 * A mule has a slot as well, and is a worker to all that is said here of one, but that it waits,
 * once it is ready, until whoever was there before has ended: see supervisor/mules.h. */
#ifndef SUPERVISOR_SLOT_H
#define SUPERVISOR_SLOT_H

#include "log/line.h"
#include "supervisor/backoff.h"
#include "supervisor/worker.h"

enum {
    SLOT_MULES = LOG_MULES, /* mule 0 has the slot of that number, and so on */
    SLOTS_MAX = SLOT_MULES + SERVER_MULES_MAX,
};

_Static_assert((int)BOARD_SLOTS_MAX <= (int)SLOT_MULES, "workers have the slots before");

/* "worker 3", "mule 0": within the block that calls it. */
#define SLOT_NAME(number) log_worker_name((number), (char[LOG_WORKER_NAME]){""})

/* The same in a table of workers: "3", "mule 0". */
#define SLOT_LABEL(number) (SLOT_NAME(number) + (slot_is_mule(number) ? 0 : sizeof "worker"))

static inline bool slot_is_mule(int number) { return number >= SLOT_MULES; }

struct slot {
    int number;
    struct worker *serving, *starting; /* NULL: nobody */
    unsigned edition; /* of the worker that was started last, see supervisor/edition.h; 0: none */
    const char *why;  /* whoever serves is to be replaced, since ...; NULL: it is not */
    int64_t due;      /* when one may be started again; NEVER: whenever it is wanted */
    bool proven;      /* a worker of this slot has served */
    struct backoff backoff;
};

/* With nobody. */
void slot_init(struct slot *slot, int number);

bool slot_is_empty(const struct slot *slot);

/* Has another worker start, beside the one that serves, if there is one. Nobody must be starting.
 * Returns 0, or -1 with errno: nothing has changed. */
int slot_start(struct slot *slot, struct worker_table *workers, const struct launch *launch);

/* A worker that another master has started serves here, of that edition. */
void slot_adopt(struct slot *slot, struct worker *worker, unsigned edition);

/* The worker that was starting serves: it has the slot, and whoever served before leaves, with time
 * for its idle connections or without. */
void slot_take_over(struct slot *slot, bool in_a_hurry);

/* Whoever serves leaves before another serves in its stead, which starts at once, unless one is
 * starting already. What comes meanwhile waits in the sockets' queues, or goes to other slots. */
void slot_dismiss(struct slot *slot);

/* The worker that was starting is not to serve any more, if there is one. */
void slot_cancel(struct slot *slot);

/* The worker is about to be buried. Returns the ns that it served, 0 if it never has. */
int64_t slot_lose(struct slot *slot, const struct worker *worker);

/* None is started again for as long as the backoff says, since one has died that had served for so
 * many ns, or could not be started. Returns that time in ns. */
int64_t slot_rest(struct slot *slot, int64_t served);

/* All that belong to the slot leave, and others serve in their stead. */
void slot_vacate(struct slot *slot);

#endif
