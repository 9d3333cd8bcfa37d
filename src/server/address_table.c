#include "server/address_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { SIZE_MIN = 64 };

void address_table_init(struct address_table *table) {
    *table = (struct address_table){.slots = NULL};
    sys(SYS_getrandom, table->secret, sizeof table->secret, 0);
}

void address_table_fini(struct address_table *table) { free(table->slots); }

/* The /64 of the address. What has none stands in a range that is never routed, 0::/8. */
static uint64_t key_of(const union peer *peer) {
    static const unsigned char none[8];
    unsigned char network[8] = {0, 1};
    uint64_t key;
    const unsigned char *octets = peer->v6.sin6_addr.s6_addr;
    if (peer->family == AF_INET)
        memcpy(network + 4, &peer->v4.sin_addr, 4);
    else if (IN6_IS_ADDR_V4MAPPED(&peer->v6.sin6_addr))
        memcpy(network + 4, octets + 12, 4);
    else if (memcmp(octets, none, sizeof none) != 0)
        memcpy(network, octets, sizeof network);
    else
        network[1] = 2; /* ::1 and its like */
    memcpy(&key, network, sizeof key);
    return key;
}

/* The halves of a product of 128 bits, folded: no bit of it can be told without the secret. */
static size_t home(const struct address_table *table, uint64_t key) {
    unsigned __int128 product =
        (unsigned __int128)(key ^ table->secret[0]) * (table->secret[1] | 1);
    return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64)) & (table->size - 1);
}

/* Where key stands, or the free slot where it would. */
static struct address_count *find(const struct address_table *table, uint64_t key) {
    size_t at = home(table, key);
    while (table->slots[at].key && table->slots[at].key != key) at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

int address_table_reserve(struct address_table *table) {
    if ((table->used + 1) * 2 <= table->size) return 0;
    struct address_table larger = *table;
    larger.size = table->size ? table->size * 2 : SIZE_MIN;
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots) return -1;
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].key) *find(&larger, table->slots[i].key) = table->slots[i];
    free(table->slots);
    *table = larger;
    return 0;
}

bool address_table_add(struct address_table *table, const union peer *peer, uint32_t most) {
    uint64_t key = key_of(peer);
    struct address_count *slot = find(table, key);
    if (!slot->key) {
        *slot = (struct address_count){.key = key};
        table->used++;
    }
    if (slot->count >= most) return false;
    slot->count++;
    return true;
}

/* Those behind the gap that would be looked for from before it move up. */
static void close_gap(struct address_table *table, size_t gap) {
    size_t mask = table->size - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at].key; at = (at + 1) & mask) {
        size_t from = home(table, table->slots[at].key);
        if (((at - from) & mask) < ((at - gap) & mask)) continue;
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap].key = 0;
}

void address_table_remove(struct address_table *table, const union peer *peer) {
    struct address_count *slot = find(table, key_of(peer));
    if (--slot->count > 0) return;
    table->used--;
    close_gap(table, (size_t)(slot - table->slots));
}
