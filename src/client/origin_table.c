#include "client/origin_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum { CHAINS_FIRST = 8 };

/* ---- one origin ---- */

static void free_origin(struct origin *origin) {
    free(origin->host);
    free(origin->name);
    free(origin);
}

static struct origin *new_origin(const struct http_url *url, uint32_t hash) {
    struct origin *origin = calloc(1, sizeof *origin);
    if (!origin) return NULL;
    list_init(&origin->waiters);
    list_init(&origin->idle);
    origin->hash = hash;
    origin->tls = url->tls;
    origin->port = url->port;
    origin->host = strndup(url->host.data, url->host.len);
    bool shown = url->port != (url->tls ? 443 : 80);
    const char *form = url->is_ipv6 ? (shown ? "[%s]:%d" : "[%s]") : (shown ? "%s:%d" : "%s");
    for (char *at = origin->host; at && *at; at++) *at = (char)tolower((unsigned char)*at);
    if (origin->host && asprintf(&origin->name, form, origin->host, url->port) >= 0) return origin;
    origin->name = NULL;
    free_origin(origin);
    errno = ENOMEM;
    return NULL;
}

static uint32_t hash_of(const struct http_url *url) {
    uint64_t hash = hash_more(HASH_START, &url->port, sizeof url->port);
    hash = hash_more(hash, &url->tls, sizeof url->tls);
    for (size_t i = 0; i < url->host.len; i++) {
        char small = (char)tolower((unsigned char)url->host.data[i]);
        hash = hash_more(hash, &small, 1);
    }
    return hash_fold(hash);
}

static bool is_of(const struct origin *origin, const struct http_url *url, uint32_t hash) {
    return origin->hash == hash && origin->port == url->port && origin->tls == url->tls &&
           gr_slice_equal_nocase(gr_slice_of(origin->host), url->host);
}

/* ---- the table ---- */

static struct origin **chain_of(const struct origin_table *table, uint32_t hash) {
    return &table->chains[hash & (table->chain_count - 1)];
}

static void add(struct origin_table *table, struct origin *origin) {
    struct origin **chain = chain_of(table, origin->hash);
    origin->next = *chain;
    *chain = origin;
}

/* Returns 0, or -1 where there is no memory, which only the first chains need. */
static int make_room(struct origin_table *table) {
    struct origin_table grown = *table;
    if (table->count < table->chain_count) return 0;
    grown.chain_count = table->chain_count ? 2 * table->chain_count : CHAINS_FIRST;
    grown.chains = calloc(grown.chain_count, sizeof *grown.chains);
    if (!grown.chains) return table->chain_count ? 0 : -1;
    for (size_t i = 0; i < table->chain_count; i++)
        for (struct origin *at = table->chains[i], *next; at; at = next) {
            next = at->next;
            add(&grown, at);
        }
    free(table->chains);
    *table = grown;
    return 0;
}

struct origin *origin_table_find(struct origin_table *table, const struct http_url *url) {
    uint32_t hash = hash_of(url);
    struct origin *origin = table->chain_count ? *chain_of(table, hash) : NULL;
    while (origin && !is_of(origin, url, hash)) origin = origin->next;
    if (origin || make_room(table) < 0 || !(origin = new_origin(url, hash))) return origin;
    add(table, origin);
    table->count++;
    return origin;
}

void origin_table_remove(struct origin_table *table, struct origin *origin) {
    struct origin **link = chain_of(table, origin->hash);
    while (*link != origin) link = &(*link)->next;
    *link = origin->next;
    table->count--;
    free_origin(origin);
}

void origin_table_fini(struct origin_table *table) { free(table->chains); }
