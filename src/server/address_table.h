/* How many connections there are of each client address: a hash table with open addressing, whose
 * hash is keyed, so that no client can choose where in it it stands. */
#ifndef SERVER_ADDRESS_TABLE_H
#define SERVER_ADDRESS_TABLE_H

#include "server/peer.h"

struct address_count {
    uint64_t key; /* 0: free */
    uint32_t count;
};

struct address_table {
    struct address_count *slots; /* NULL before the first reserve */
    size_t size;                 /* a power of two, or 0 */
    size_t used;
    uint64_t secret[2];
};

void address_table_init(struct address_table *table);
void address_table_fini(struct address_table *table);

/* Sees to it that the next address_table_add finds room. Returns 0, or -1 with errno ENOMEM. */
int address_table_reserve(struct address_table *table);

/* Counts one more of peer, which has an address, unless there are most already: then false. */
bool address_table_add(struct address_table *table, const union peer *peer, uint32_t most);

/* Counts one less of an address that was added. */
void address_table_remove(struct address_table *table, const union peer *peer);

#endif
