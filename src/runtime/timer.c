#include "runtime/timer.h"

/* Always has room for the timers of all green threads (greens_reserved) beside those that are in
 * it: count includes some of the former, so that the sum is more than enough. */
static struct heap heap;
static size_t greens_reserved;

int timer_reserve(size_t greens) {
    if (heap_reserve(&heap, greens + heap.count) < 0) return -1;
    greens_reserved = greens;
    return 0;
}

void timer_start_reserved(struct timer *timer, int64_t due) {
    heap_remove(&heap, &timer->node);
    timer->node.key = due;
    heap_insert(&heap, &timer->node);
}

int timer_start(struct timer *timer, int64_t due) {
    if (!timer->node.place && heap_reserve(&heap, greens_reserved + heap.count + 1) < 0) return -1;
    timer_start_reserved(timer, due);
    return 0;
}

void timer_stop(struct timer *timer) { heap_remove(&heap, &timer->node); }

int64_t timer_next_due(void) {
    const struct heap_node *first = heap_first(&heap);
    return first ? first->key : NEVER;
}

void timer_run(int64_t now) {
    struct heap_node *first;
    while ((first = heap_first(&heap)) && first->key <= now) {
        struct timer *timer = (struct timer *)((char *)first - offsetof(struct timer, node));
        heap_remove(&heap, first);
        timer->fire(timer);
    }
}
