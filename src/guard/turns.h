/* Places, of which there are so many, and the green threads that wait for one: first come, first
 * served. Whoever gives a place back hands it to the one who has waited longest, so that nobody who
 * comes in between can take it.
 *
 * Invariants, whenever nobody is inside: taken <= most; whoever waits, does so while taken == most;
 * queued is the length of the queue.
 *
 * Owned by the scheduler's carrier: between sched_enter and sched_leave. */
#ifndef GUARD_TURNS_H
#define GUARD_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "greenroom/metrics.h"

struct turns {
    uint32_t most; /* 0: there are places for all */
    uint32_t taken;
    uint32_t queued;
    int64_t most_queued;                   /* -1: any number */
    struct list queue;                     /* of those who wait, the longest waiting first */
    gr_metric *taken_gauge, *queued_gauge; /* who is told; NULL for nobody */
};

void turns_init(struct turns *turns, uint32_t most, int64_t most_queued);

/* Takes a place, and waits for it if it must, until due: counted as waiting for whom fd leads to.
 * Parks. Returns 0, ECONNREFUSED (the queue is full, or turns_refuse), ETIMEDOUT (due has come, or
 * the deadline of the green thread), ECANCELED, or EBADF (fd was closed). *waited: it had to. */
int turns_take(struct turns *turns, int fd, int64_t due, bool *waited);

/* Gives one back. */
void turns_give_back(struct turns *turns);

/* Has all who wait now fail. */
void turns_refuse(struct turns *turns);

#endif
