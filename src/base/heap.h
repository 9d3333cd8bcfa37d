/* A binary min-heap of pointers ordered by a time, each knowing its place. Growth is the only
 * allocation: heap_reserve it ahead of time where none may happen. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    size_t place; /* 0: on no heap; else index + 1 */
};

struct heap {
    struct heap_node **nodes;
    size_t count, room;
};

/* Makes room for count nodes. Returns 0, or -1 with errno ENOMEM. */
int heap_reserve(struct heap *heap, size_t count);

/* The node must be on no heap, and there must be room. */
void heap_insert(struct heap *heap, struct heap_node *node);

/* A node on no heap is left alone. */
void heap_remove(struct heap *heap, struct heap_node *node);

static inline struct heap_node *heap_first(const struct heap *heap) {
    return heap->count ? heap->nodes[0] : NULL;
}

#endif
