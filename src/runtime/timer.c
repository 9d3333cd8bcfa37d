#include "runtime/timer.h"

/* Always has room for the timers of all green threads and for the others that there are. */
static struct heap heap;
static size_t of_greens, others;

int timer_reserve_for_greens(size_t count) {
    if (heap_reserve(&heap, count + others) < 0) return -1;
    of_greens = count;
    return 0;
}

int timer_reserve(size_t count) {
    if (heap_reserve(&heap, of_greens + others + count) < 0) return -1;
    others += count;
    return 0;
}

void timer_start(struct timer *timer, int64_t due) {
    heap_remove(&heap, &timer->node);
    timer->node.key = due;
    heap_insert(&heap, &timer->node);
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
