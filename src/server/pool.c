#include "server/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/fault.h"

/* Blocks are made this many bytes at a time. */
enum { CHUNK = 256 * 1024 };

void pool_init(struct pool *pool, size_t block_size) { *pool = (struct pool){.size = block_size}; }

/* Room in idle for every block comes before the blocks, so that giving one back cannot fail. */
static int grow(struct pool *pool) {
    size_t bytes = pool->size > CHUNK ? pool->size : CHUNK;
    size_t more = bytes / pool->size;
    void **idle = realloc(pool->idle, (pool->idle_room + more) * sizeof *idle);
    if (!idle) return -1;
    pool->idle = idle;
    if (fault(FAULT_ENOMEM)) {
        errno = ENOMEM;
        return -1;
    }
    char *chunk = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) return -1;
    pool->idle_room += more;
    for (size_t i = more; i > 0; i--) pool->idle[pool->idle_count++] = chunk + (i - 1) * pool->size;
    return 0;
}

int pool_reserve(struct pool *pool) { return pool->idle_count == 0 ? grow(pool) : 0; }

void *pool_take(struct pool *pool) {
    if (pool_reserve(pool) < 0) return NULL;
    void *block = pool->idle[--pool->idle_count];
    if (pool->idle_count < pool->spare) pool->spare = pool->idle_count;
    if (pool->idle_count < pool->cold) pool->cold = pool->idle_count;
    return block;
}

void pool_give(struct pool *pool, void *block) { pool->idle[pool->idle_count++] = block; }

size_t pool_trim(struct pool *pool, size_t keep, size_t count) {
    size_t end = pool->spare > keep ? pool->spare - keep : 0;
    size_t before = pool->cold;
    if (end > before + count) end = before + count;
    for (; pool->cold < end; pool->cold++)
        madvise(pool->idle[pool->cold], pool->size, MADV_DONTNEED);
    pool->spare = pool->idle_count;
    return pool->cold - before;
}
