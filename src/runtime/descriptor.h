/* What the runtime knows of each descriptor: who waits for it, and whether the poller has it.
 *
 * A slot is a life of a descriptor number. Closing, or a number that is handed out anew, ends the
 * life: the generation goes up, and events of the former life, which may still be in the batch or
 * come from a file that a forked child holds, are dropped. Owned by the scheduler, but for the
 * trusted flag, which anyone may clear. */
#ifndef RUNTIME_DESCRIPTOR_H
#define RUNTIME_DESCRIPTOR_H

#include "runtime/green.h"

struct fd_watch;

struct fd_waiter {
    struct fd_waiter *next;
    struct green *green;
    short events;
    bool closed;
    bool ready; /* an event has been delivered */
};

struct fd_slot {
    struct fd_waiter *waiters;
    struct fd_watch *watch;
    uint32_t generation;
    uint32_t poll_index;   /* poller_poll: place in its array, from 1; 0 for none */
    uint16_t watch_events; /* what the watch waits for; 0 from its report until it is rearmed */
    uint16_t label;        /* see fd_label; 0 from the end of the life on. Atomic */
    uint32_t tie;          /* see fd_tie; 0 from the end of the life on. Atomic */
    bool registered;       /* poller_epoll: added, as far as we know */
    bool trusted;          /* every close of it passes through us: registered can be relied on */
    bool listener;
    bool kept; /* of the server: see fd_keep */
};

int fd_table_init(void);

/* NULL when fd is outside the table. */
struct fd_slot *fd_slot(int fd);

/* What all of a slot's waiters and its watch wait for. */
unsigned fd_slot_wanted(const struct fd_slot *slot);

/* What an event carries, to find its slot and to know which life of it is meant. */
static inline uint64_t fd_event_data(int fd, uint32_t generation) {
    return (uint64_t)generation << 32 | (uint32_t)fd;
}

/* Hands an event of the poller to those who wait for it. */
void fd_deliver(uint64_t data, unsigned events);

#endif
