/* FNV-1a: a hash of text that nobody chooses with evil in mind. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* Goes on from HASH_START, or from what came of the text before. */
static inline uint64_t hash_more(uint64_t hash, const void *data, size_t len) {
    const unsigned char *at = data;
    for (size_t i = 0; i < len; i++) hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

/* Of all its bits. */
static inline uint32_t hash_fold(uint64_t hash) { return (uint32_t)(hash ^ hash >> 32); }

#endif
