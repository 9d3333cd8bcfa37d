/* include/greenroom/channel.h: for green threads of one worker, which take turns inside
 * sched_enter, so that no lock is needed: nothing here parks between looking and changing. Each
 * side waits in order of arrival, and an item is handed over directly where somebody waits for it.
 */
#include "greenroom/channel.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "runtime/park.h"

/* One that waits to send (item set) or to receive (item to be set). */
struct waiter {
    struct list node;
    struct green *green;
    void *item;
    bool served; /* the item has changed hands */
};

struct gr_channel {
    struct list senders, receivers; /* at most one of them is not empty */
    size_t capacity, count, first;  /* items [first, first + count) of the ring */
    bool closed;
    void *items[];
};

gr_channel *gr_channel_new(size_t capacity) {
    if (capacity > (SIZE_MAX - sizeof(gr_channel)) / sizeof(void *)) {
        errno = ENOMEM;
        return NULL;
    }
    gr_channel *channel = malloc(sizeof *channel + capacity * sizeof channel->items[0]);
    if (!channel) return NULL;
    *channel = (gr_channel){.capacity = capacity};
    list_init(&channel->senders);
    list_init(&channel->receivers);
    return channel;
}

void gr_channel_free(gr_channel *channel) { free(channel); }

static struct waiter *first_of(struct list *side) {
    return list_empty(side) ? NULL : LIST_ENTRY(side->next, struct waiter, node);
}

static void serve(struct waiter *waiter) {
    list_remove(&waiter->node);
    waiter->served = true;
    green_wake(waiter->green);
}

static void ring_put(gr_channel *channel, void *item) {
    channel->items[(channel->first + channel->count++) % channel->capacity] = item;
}

static void *ring_take(gr_channel *channel) {
    void *item = channel->items[channel->first];
    channel->first = (channel->first + 1) % channel->capacity;
    channel->count--;
    return item;
}

/* Parks until served, closed, or the deadline. Returns 0 or an errno value. */
static int wait_in(gr_channel *channel, struct list *side, struct waiter *waiter) {
    struct green *self = green_self_tls;
    waiter->green = self;
    list_append(side, &waiter->node);
    while (!waiter->served && !channel->closed) {
        if (!green_park(green_expires(self)) || waiter->served) continue;
        list_remove(&waiter->node);
        return green_expiry_errno(self);
    }
    if (waiter->served) return 0;
    list_remove(&waiter->node);
    return EPIPE;
}

static int fail(int error) {
    errno = error;
    return -1;
}

static int send(gr_channel *channel, void *item) {
    struct waiter *receiver = first_of(&channel->receivers);
    if (channel->closed) return EPIPE;
    if (receiver) {
        receiver->item = item;
        serve(receiver);
        return 0;
    }
    if (channel->count < channel->capacity) {
        ring_put(channel, item);
        return 0;
    }
    struct waiter self = {.item = item};
    return wait_in(channel, &channel->senders, &self);
}

static int receive(gr_channel *channel, void **item) {
    struct waiter *sender = first_of(&channel->senders);
    if (channel->count > 0) {
        *item = ring_take(channel);
        if (sender) {
            ring_put(channel, sender->item);
            serve(sender);
        }
        return 0;
    }
    if (sender) {
        *item = sender->item;
        serve(sender);
        return 0;
    }
    if (channel->closed) return EPIPE;
    struct waiter self = {0};
    int error = wait_in(channel, &channel->receivers, &self);
    if (!error) *item = self.item;
    return error;
}

int gr_channel_send(gr_channel *channel, void *item) {
    struct green *self = green_may_park();
    if (!self) return fail(EPERM);
    sched_enter(self);
    int error = send(channel, item);
    sched_leave(self);
    return error ? fail(error) : 0;
}

int gr_channel_receive(gr_channel *channel, void **item) {
    struct green *self = green_may_park();
    if (!self) return fail(EPERM);
    sched_enter(self);
    int error = receive(channel, item);
    sched_leave(self);
    return error ? fail(error) : 0;
}

static void wake_all(struct list *side) {
    for (struct list *node = side->next; node != side; node = node->next)
        green_wake(LIST_ENTRY(node, struct waiter, node)->green);
}

int gr_channel_close(gr_channel *channel) {
    struct green *self = green_may_park();
    if (!self) return fail(EPERM);
    sched_enter(self);
    channel->closed = true;
    wake_all(&channel->senders);
    wake_all(&channel->receivers);
    sched_leave(self);
    return 0;
}
