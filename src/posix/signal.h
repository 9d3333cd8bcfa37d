/* What the other hooks need to know about the application's signal handlers. */
#ifndef POSIX_SIGNAL_H
#define POSIX_SIGNAL_H

#include "posix/hook.h"

/* Counts of handlers that have run, wrapping around: all, and those set without SA_RESTART. A call
 * that was interrupted compares them to what they were when it began. */
extern unsigned signal_count, signal_count_interrupting;

static inline unsigned signal_handled(void) {
    return __atomic_load_n(&signal_count, __ATOMIC_ACQUIRE);
}

static inline unsigned signal_interrupting(void) {
    return __atomic_load_n(&signal_count_interrupting, __ATOMIC_ACQUIRE);
}

/* The mask that ppoll and its like wait with. */
struct signal_swap {
    bool swapped;
    unsigned handled; /* signal_handled before the swap */
    uint64_t previous;
};

/* mask NULL: leaves it as it is. A handler may run in here. */
void signal_swap_begin(struct signal_swap *swap, const sigset_t *mask);

/* Puts the mask back. errno is kept. */
void signal_swap_end(struct signal_swap *swap);

/* Has a handler run on the calling thread's behalf since the swap began, so that it must not go on
 * waiting? Only the main thread is interrupted by signals. */
static inline bool signal_swap_interrupted(const struct signal_swap *swap,
                                           const struct green *self) {
    return swap->swapped && !is_hollow(self) && swap->handled != signal_handled();
}

#endif
