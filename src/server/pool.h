/* Blocks of one size that are used again and again, the hottest first. Grows, and never gives
 * address space back, only pages. Owned by the scheduler's carrier. */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include <stddef.h>

struct pool {
    size_t size;       /* bytes of a block; a multiple of 64 */
    void **idle;       /* blocks not in use, the last one given back on top */
    size_t idle_count; /* entries of idle */
    size_t idle_room;  /* entries that fit: one for each block there is */
    size_t cold;       /* this many at the bottom of idle have had their pages given back */
    size_t spare;      /* the least idle_count since the last pool_trim */
};

void pool_init(struct pool *pool, size_t block_size);

/* Aligned to 64 bytes; holds what its last user left there, or zeros. NULL with errno ENOMEM. */
void *pool_take(struct pool *pool);

/* Sees to it that the next pool_take does not fail. Returns 0, or -1 with errno ENOMEM. */
int pool_reserve(struct pool *pool);

/* Never fails. */
void pool_give(struct pool *pool, void *block);

/* How many blocks that are not in use still have their pages. */
static inline size_t pool_warm(const struct pool *pool) { return pool->idle_count - pool->cold; }

/* Gives the pages of at most count blocks back to the kernel: of those that have not been needed
 * since the last call, but for keep of them. The block size must be a multiple of the page size.
 * Returns how many it was. */
size_t pool_trim(struct pool *pool, size_t keep, size_t count);

#endif
