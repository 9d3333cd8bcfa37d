/* Memory that is given out piece by piece and freed all at once. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    char *next, *end;          /* free room of the current block */
    struct arena_block *extra; /* heap blocks, newest first */
    size_t extra_bytes;        /* sum of the heap blocks */
};

/* The first pieces come from memory, which stays the caller's and must be aligned for any type. */
void arena_init(struct arena *arena, void *memory, size_t size);

/* Frees the heap blocks. The arena must be initialised again before further use. */
void arena_fini(struct arena *arena);

/* Aligned to 16 bytes. NULL with errno ENOMEM. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy with a NUL behind it. NULL with errno ENOMEM. */
char *arena_copy(struct arena *arena, const void *data, size_t len);

#endif
