#include "server/expiry.h"

static struct expiry_node *first(const struct expiry *expiry) {
    return LIST_ENTRY(expiry->waiting.next, struct expiry_node, place);
}

static void run_timer(struct expiry *expiry) {
    expiry->running = !list_empty(&expiry->waiting);
    if (expiry->running) timer_start(&expiry->timer, first(expiry)->due);
}

static void fire(struct timer *timer) {
    struct expiry *expiry = LIST_ENTRY(timer, struct expiry, timer);
    int64_t now = loop_now();
    while (!list_empty(&expiry->waiting) && first(expiry)->due <= now) {
        struct expiry_node *node = first(expiry);
        list_remove(&node->place);
        expiry->expired(node);
    }
    run_timer(expiry);
}

void expiry_init(struct expiry *expiry, int64_t after, void (*expired)(struct expiry_node *node)) {
    *expiry = (struct expiry){.after = after, .timer.fire = fire, .expired = expired};
    list_init(&expiry->waiting);
}

void expiry_join(struct expiry *expiry, struct expiry_node *node) {
    node->due = loop_now() + expiry->after;
    list_append(&expiry->waiting, &node->place);
    if (!expiry->running) run_timer(expiry);
}

struct expiry_node *expiry_first(const struct expiry *expiry) {
    return list_empty(&expiry->waiting) ? NULL : first(expiry);
}

void expiry_leave(struct expiry_node *node) {
    if (list_linked(&node->place)) list_remove(&node->place);
}

void expiry_shorten(struct expiry *expiry, int64_t after) {
    if (after >= expiry->after) return;
    expiry->after = after;
    int64_t latest = loop_now() + after;
    for (struct list *at = expiry->waiting.next; at != &expiry->waiting; at = at->next) {
        struct expiry_node *node = LIST_ENTRY(at, struct expiry_node, place);
        if (node->due > latest) node->due = latest;
    }
    run_timer(expiry);
}
