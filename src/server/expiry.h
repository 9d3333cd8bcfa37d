/* Things that all wait equally long: a list in order of arrival and one timer, so that joining and
 * leaving cost a few stores however many there are. Owned by the scheduler's carrier. */
#ifndef SERVER_EXPIRY_H
#define SERVER_EXPIRY_H

#include "base/list.h"
#include "runtime/watch.h"

struct expiry_node {
    struct list place;
    int64_t due;
};

struct expiry {
    struct list waiting; /* of struct expiry_node, the longest waiting first */
    int64_t after;       /* ns from joining until expired is called */
    struct timer timer;  /* runs while anybody waits; may come too early, never too late */
    bool running;
    void (*expired)(struct expiry_node *node);
};

/* expired is called by the scheduler (see runtime/watch.h) with a node that has left. */
void expiry_init(struct expiry *expiry, int64_t after, void (*expired)(struct expiry_node *node));

void expiry_join(struct expiry *expiry, struct expiry_node *node);

/* Who has waited longest; NULL for nobody. */
struct expiry_node *expiry_first(const struct expiry *expiry);

/* Leaves whichever it waits for. A node that waits for nothing is left alone. */
void expiry_leave(struct expiry_node *node);

/* From now on after ns at most, for those that wait already as well. */
void expiry_shorten(struct expiry *expiry, int64_t after);

#endif
