#include "runtime/tls.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "runtime/green.h"
#include "runtime/park.h"

struct green_exit {
    void (*fn)(void *);
    void *object;
    struct green_exit *earlier;
};

/* glibc gives out key numbers from 0 to PTHREAD_KEYS_MAX - 1. Written under glibc's own ordering: a
 * key is created before it is used. */
static struct key {
    void (*destructor)(void *);
    bool exists;
} keys[PTHREAD_KEYS_MAX];
static unsigned keys_end; /* none exists from here on */

void green_key_created(pthread_key_t key, void (*destructor)(void *)) {
    if (key >= PTHREAD_KEYS_MAX) return;
    keys[key] = (struct key){.destructor = destructor, .exists = true};
    unsigned end = __atomic_load_n(&keys_end, __ATOMIC_RELAXED);
    while (end <= key && !__atomic_compare_exchange_n(&keys_end, &end, key + 1, true,
                                                      __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

void green_key_deleted(pthread_key_t key) {
    if (key < PTHREAD_KEYS_MAX) keys[key].exists = false;
}

int green_at_exit(void (*fn)(void *), void *object) {
    struct green *self = green_self_tls;
    struct green_exit *entry = malloc(sizeof *entry);
    if (!entry) return -1;
    *entry = (struct green_exit){.fn = fn, .object = object, .earlier = self->exits};
    self->exits = entry;
    return 0;
}

static struct robust_list *without_tag(struct robust_list *link) {
    return (struct robust_list *)((uintptr_t)link & ~(uintptr_t)1);
}

static bool run_key_destructors(void) {
    bool any = false;
    unsigned end = __atomic_load_n(&keys_end, __ATOMIC_ACQUIRE);
    for (unsigned key = 0; key < end; key++) {
        void *value = keys[key].exists ? pthread_getspecific(key) : NULL;
        if (!value) continue;
        pthread_setspecific(key, NULL);
        if (!keys[key].destructor) continue;
        keys[key].destructor(value);
        any = true;
    }
    return any;
}

void tls_run_destructors(void) {
    struct green *self = green_self_tls;
    while (self->exits) {
        struct green_exit *entry = self->exits;
        self->exits = entry->earlier;
        entry->fn(entry->object);
        free(entry);
    }
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && run_key_destructors(); round++) {
    }
}

/* Entries are linked into the circle at the head; the lock word lies at the same distance from
 * each, and is the first of its mutex. The lowest bit of a link says that the mutex inherits
 * priority. */
void tls_abandon_mutexes(void) {
    struct green *self = green_self_tls;
    struct robust_list_head *head = self->robust;
    if (!head) return;
    struct robust_list *entry = head->list.next;
    head->list.next = &head->list;
    for (entry = without_tag(entry); entry != &head->list;) {
        struct robust_list *next = without_tag(entry->next);
        unsigned *word = (unsigned *)((char *)entry + head->futex_offset);
        unsigned value = __atomic_load_n(word, __ATOMIC_RELAXED);
        while ((value & FUTEX_TID_MASK) == (unsigned)*self->tid &&
               !__atomic_compare_exchange_n(word, &value,
                                            (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, true,
                                            __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        }
        sys(SYS_futex, word, FUTEX_WAKE, 1);
        address_wake(word, 1);
        entry = next;
    }
}

/* Modules whose thread-local state belongs to the pthread, not to its task. */
static bool belongs_to_the_thread(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    static const char *const prefixes[] = {"libc.so", "libc-", "ld-", "libgreenroom"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return strstr(name, "malloc") || strstr(name, "asan") || strstr(name, "tsan");
}

static int restore_module(struct dl_phdr_info *info, size_t size, void *unused) {
    char *data = info->dlpi_tls_data;
    if (!data || !info->dlpi_name || belongs_to_the_thread(info->dlpi_name)) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_TLS) continue;
        const char *own = (const char *)&green_self_tls;
        if (own >= data && own < data + header->p_memsz) continue; /* linked statically */
        memcpy(data, (const char *)(info->dlpi_addr + header->p_vaddr), header->p_filesz);
        memset(data + header->p_filesz, 0, header->p_memsz - header->p_filesz);
    }
    return 0;
}

void tls_restore(void) {
    dl_iterate_phdr(restore_module, NULL);
    errno = 0;
}
