/* The ways in which a client waits: for descriptors, and for another thread. Both go through
 * ppoll(2): on a green thread it parks, and fails at its deadline or when it is cancelled; on an OS
 * thread it blocks. */
#ifndef CLIENT_WAIT_H
#define CLIENT_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* Waits until one is ready, or due (CLOCK_MONOTONIC, NEVER for none). Returns how many are, or -1
 * with errno ETIMEDOUT, ECANCELED or of ppoll(2). Parks. */
int wait_for_any(struct pollfd *fds, nfds_t count, int64_t due);

/* The same for one. Returns 0 or -1. */
int wait_for(int fd, short events, int64_t due);

/* One who waits to be woken by another thread. It is on a list that a lock guards, and both sides
 * hold that lock but for the wait itself. On the stack of the one who waits. */
struct waiter {
    struct list node;
    int fd; /* eventfd(2) */
    bool woken;
};

/* Returns 0, or -1 with errno of eventfd(2). */
int waiter_open(struct waiter *waiter);
void waiter_close(struct waiter *waiter);

/* Without the lock. Returns as wait_for; whether it was woken meanwhile, woken says. Parks. */
int waiter_wait(struct waiter *waiter, int64_t due);

/* Takes it off its list. Under the lock. Never parks. */
void waiter_wake(struct waiter *waiter);

#endif
