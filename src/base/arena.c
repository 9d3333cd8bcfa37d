#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

enum { ALIGNMENT = 16, BLOCK_MIN = 4096 };

struct arena_block {
    _Alignas(ALIGNMENT) struct arena_block *older;
    size_t size;
    _Alignas(ALIGNMENT) char data[];
};

void arena_init(struct arena *arena, void *memory, size_t size) {
    *arena = (struct arena){.next = memory, .end = (char *)memory + size};
}

void arena_fini(struct arena *arena) {
    while (arena->extra) {
        struct arena_block *block = arena->extra;
        arena->extra = block->older;
        free(block);
    }
    arena->next = arena->end = NULL;
}

static void *alloc_from_heap(struct arena *arena, size_t size) {
    size_t room = size > BLOCK_MIN - sizeof(struct arena_block)
                      ? size
                      : BLOCK_MIN - sizeof(struct arena_block);
    struct arena_block *block = fault(FAULT_OOM) ? NULL : malloc(sizeof *block + room);
    if (!block) {
        errno = ENOMEM;
        return NULL;
    }
    block->older = arena->extra;
    block->size = room;
    arena->extra = block;
    arena->extra_bytes += room;
    if (room - size > (size_t)(arena->end - arena->next)) {
        arena->next = block->data + size;
        arena->end = block->data + room;
    }
    return block->data;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) {
        errno = ENOMEM;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > (size_t)(arena->end - arena->next)) return alloc_from_heap(arena, size);
    void *piece = arena->next;
    arena->next += size;
    return piece;
}

char *arena_copy(struct arena *arena, const void *data, size_t len) {
    char *copy = arena_alloc(arena, len + 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}
