#include "base/heap.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fault.h"

static void put(struct heap *heap, size_t index, struct heap_node *node) {
    heap->nodes[index] = node;
    node->place = index + 1;
}

static void sift_up(struct heap *heap, size_t index, struct heap_node *node) {
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (heap->nodes[parent]->key <= node->key) break;
        put(heap, index, heap->nodes[parent]);
        index = parent;
    }
    put(heap, index, node);
}

static void sift_down(struct heap *heap, size_t index, struct heap_node *node) {
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count) break;
        if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key)
            child++;
        if (heap->nodes[child]->key >= node->key) break;
        put(heap, index, heap->nodes[child]);
        index = child;
    }
    put(heap, index, node);
}

int heap_reserve(struct heap *heap, size_t count) {
    if (count <= heap->room) return 0;
    size_t room = heap->room ? heap->room : 64;
    while (room < count) room *= 2;
    struct heap_node **nodes = fault(FAULT_OOM) ? NULL : realloc(heap->nodes, room * sizeof *nodes);
    if (!nodes) {
        errno = ENOMEM;
        return -1;
    }
    heap->nodes = nodes;
    heap->room = room;
    return 0;
}

void heap_insert(struct heap *heap, struct heap_node *node) {
    heap->count++;
    sift_up(heap, heap->count - 1, node);
}

void heap_remove(struct heap *heap, struct heap_node *node) {
    if (!node->place) return;
    size_t index = node->place - 1;
    node->place = 0;
    struct heap_node *last = heap->nodes[--heap->count];
    if (last == node) return;
    if (index > 0 && heap->nodes[(index - 1) / 2]->key > last->key)
        sift_up(heap, index, last);
    else
        sift_down(heap, index, last);
}
