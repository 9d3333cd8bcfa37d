#include "client/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/wait.h"

/* Names that are remembered at a time. */
enum { NAMES_MAX = 256 };

struct names {
    pthread_mutex_t lock;
    struct list entries; /* the longest known first */
    int count;
    int users; /* the client, and look-ups under way */
    int64_t lifetime;
};

/*   PENDING ─▶ KNOWN, until it expires
 *      └─────▶ FAILED: on no list any more */
enum state { PENDING, KNOWN, FAILED };

struct entry {
    struct list node; /* of names.entries; guarded by the lock as all of it is */
    struct names *names;
    struct list waiters;
    enum state state;
    int users; /* the list, the look-up, those who wait */
    int error; /* of getaddrinfo(3) */
    int64_t expires;
    struct addresses addresses;
    char host[];
};

/* ---- life ---- */

struct names *names_open(int64_t lifetime) {
    struct names *names = calloc(1, sizeof *names);
    if (!names) return NULL;
    pthread_mutex_init(&names->lock, NULL);
    list_init(&names->entries);
    names->users = 1;
    names->lifetime = lifetime;
    return names;
}

static void entry_unref(struct entry *entry) {
    if (--entry->users == 0) free(entry);
}

/* The list has one use less, which the caller gives up. */
static void take_off_list(struct entry *entry) {
    list_remove(&entry->node);
    entry->names->count--;
}

static void entry_forget(struct entry *entry) {
    take_off_list(entry);
    entry_unref(entry);
}

/* Gives up a use, and the lock. */
static void leave(struct names *names) {
    bool last = --names->users == 0;
    pthread_mutex_unlock(&names->lock);
    if (!last) return;
    pthread_mutex_destroy(&names->lock);
    free(names);
}

void names_close(struct names *names) {
    pthread_mutex_lock(&names->lock);
    for (struct list *at = names->entries.next, *next; at != &names->entries; at = next) {
        next = at->next;
        entry_forget(LIST_ENTRY(at, struct entry, node));
    }
    leave(names);
}

/* ---- looking up ---- */

static void take_over(struct addresses *addresses, const struct addrinfo *found) {
    addresses->count = 0;
    for (; found && addresses->count < ADDRESSES_MAX; found = found->ai_next)
        if (found->ai_addrlen <= sizeof addresses->all[0])
            memcpy(&addresses->all[addresses->count++], found->ai_addr, found->ai_addrlen);
}

static void *look_up(void *arg) {
    struct entry *entry = arg;
    struct names *names = entry->names;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *found = NULL;
    int error = getaddrinfo(entry->host, NULL, &hints, &found);

    pthread_mutex_lock(&names->lock);
    if (!error) take_over(&entry->addresses, found);
    entry->error = error;
    entry->state = error ? FAILED : KNOWN;
    entry->expires = clock_after(names->lifetime);
    while (!list_empty(&entry->waiters))
        waiter_wake(LIST_ENTRY(entry->waiters.next, struct waiter, node));
    if (error && list_linked(&entry->node)) {
        take_off_list(entry);
        entry->users--; /* not the last: this look-up is one */
    }
    entry_unref(entry);
    leave(names);
    if (found) freeaddrinfo(found);
    return NULL;
}

/* On a thread that gets no signals of the application's. */
static int start_look_up(struct entry *entry) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attributes)) return ENOMEM;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, &attributes, look_up, entry);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/* ---- who is remembered ---- */

/* One that is being looked up, or can be believed. Under the lock, as all that follows. */
static struct entry *find(struct names *names, const char *host) {
    int64_t now = clock_now();
    for (struct list *at = names->entries.next, *next; at != &names->entries; at = next) {
        struct entry *entry = LIST_ENTRY(at, struct entry, node);
        next = at->next;
        if (entry->state == KNOWN && entry->expires <= now)
            entry_forget(entry);
        else if (strcmp(entry->host, host) == 0)
            return entry;
    }
    return NULL;
}

static void make_room_for_one(struct names *names) {
    if (names->count == NAMES_MAX)
        entry_forget(LIST_ENTRY(names->entries.next, struct entry, node));
}

/* Returns NULL with errno. */
static struct entry *add(struct names *names, const char *host) {
    size_t size = strlen(host) + 1;
    struct entry *entry = calloc(1, sizeof *entry + size);
    if (!entry) return NULL;
    memcpy(entry->host, host, size);
    entry->names = names;
    entry->users = 2;
    list_init(&entry->waiters);
    int error = start_look_up(entry);
    if (error) {
        free(entry);
        errno = error;
        return NULL;
    }
    make_room_for_one(names);
    names->users++;
    names->count++;
    list_append(&names->entries, &entry->node);
    return entry;
}

/* Leaves the lock for a while. Returns 0, or -1 with errno. */
static int wait_until_decided(struct entry *entry, int64_t due) {
    struct waiter waiter;
    if (entry->state != PENDING) return 0;
    if (waiter_open(&waiter) < 0) return -1;
    list_append(&entry->waiters, &waiter.node);
    pthread_mutex_unlock(&entry->names->lock);
    int result = waiter_wait(&waiter, due), error = errno;
    pthread_mutex_lock(&entry->names->lock);
    if (waiter.woken)
        result = 0;
    else
        list_remove(&waiter.node);
    waiter_close(&waiter);
    errno = error;
    return result;
}

static int find_or_ask(struct names *names, const char *host, int64_t due, struct addresses *found,
                       char why[NAMES_WHY_SIZE]) {
    struct entry *entry = find(names, host);
    if (!entry && !(entry = add(names, host))) return -1;
    entry->users++;
    int result = wait_until_decided(entry, due), error = errno;
    if (result == 0 && entry->state == FAILED) {
        snprintf(why, NAMES_WHY_SIZE, "%s", gai_strerror(entry->error));
        error = ENOENT;
        result = -1;
    }
    if (result == 0) *found = entry->addresses;
    entry_unref(entry);
    errno = error;
    return result;
}

static bool find_numeric(const char *host, struct addresses *found) {
    union address address = {.any = {0}};
    found->count = 1;
    if (inet_pton(AF_INET, host, &address.ipv4.sin_addr) == 1) {
        address.ipv4.sin_family = AF_INET;
    } else {
        memset(&address, 0, sizeof address);
        if (inet_pton(AF_INET6, host, &address.ipv6.sin6_addr) != 1) return false;
        address.ipv6.sin6_family = AF_INET6;
    }
    found->all[0] = address;
    return true;
}

int names_find(struct names *names, const char *host, int64_t due, struct addresses *found,
               char why[NAMES_WHY_SIZE]) {
    if (find_numeric(host, found)) return 0;
    pthread_mutex_lock(&names->lock);
    int result = find_or_ask(names, host, due, found, why), error = errno;
    pthread_mutex_unlock(&names->lock);
    errno = error;
    return result;
}
