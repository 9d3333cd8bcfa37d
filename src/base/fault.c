#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sys.h"

enum { DESCRIPTORS = 1 << 20 };

#define ALWAYS (UINT64_C(1) << 32)

static const struct {
    const char *name;
    double chance; /* when none is given */
} kinds[FAULT_KINDS] = {
    [FAULT_EINTR] = {"eintr", 0.1},       [FAULT_EAGAIN] = {"eagain", 0.1},
    [FAULT_SHORT] = {"short", 0.3},       [FAULT_ENOMEM] = {"enomem", 0.05},
    [FAULT_OOM] = {"oom", 0.05},          [FAULT_EMFILE] = {"emfile", 0.05},
    [FAULT_SPURIOUS] = {"spurious", 0.1}, [FAULT_YIELD] = {"yield", 1},
    [FAULT_HANDOFF] = {"handoff", 1},
};

struct wish {
    uint64_t chance[FAULT_KINDS];
    uint64_t seed;
    const char *report; /* not terminated: report_len */
    size_t report_len;
};

uint64_t fault_chance[FAULT_KINDS];

static uint64_t seed, parts;
static struct fault_count counts[FAULT_KINDS];
static struct fault_count *reported; /* the file, as shared memory; NULL for none */
static uint32_t owed[DESCRIPTORS / 32];

/* ---- what is drawn ---- */

/* splitmix64's finalizer: neighbouring numbers give unrelated ones. */
static uint64_t scatter(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t draw(unsigned stream, uint64_t *number) {
    uint64_t n = __atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
    return scatter(scatter(seed * (FAULT_KINDS + 1) + stream) + n);
}

static void count(struct fault_count *entry, bool taken) {
    __atomic_fetch_add(&entry->opportunities, 1, __ATOMIC_RELAXED);
    if (taken) __atomic_fetch_add(&entry->taken, 1, __ATOMIC_RELAXED);
}

bool fault_draw(enum fault kind) {
    bool taken = draw(kind, &counts[kind].opportunities) >> 32 < fault_chance[kind];
    if (taken) __atomic_fetch_add(&counts[kind].taken, 1, __ATOMIC_RELAXED);
    if (reported) count(&reported[kind], taken);
    return taken;
}

uint64_t fault_part(uint64_t whole) { return 1 + draw(FAULT_KINDS, &parts) % whole; }

struct fault_count fault_count(enum fault kind) {
    return counts[kind];
}

bool fault_owes_event(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS) return false;
    uint32_t bit = UINT32_C(1) << fd % 32;
    if (!(__atomic_load_n(&owed[fd / 32], __ATOMIC_RELAXED) & bit)) return false;
    return __atomic_fetch_and(&owed[fd / 32], ~bit, __ATOMIC_RELAXED) & bit;
}

void fault_owe_event(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS) return;
    __atomic_fetch_or(&owed[fd / 32], UINT32_C(1) << fd % 32, __ATOMIC_RELAXED);
}

/* ---- what is wished for ---- */

static bool is(const char *text, size_t len, const char *name) {
    return strlen(name) == len && memcmp(text, name, len) == 0;
}

static bool read_kind(struct wish *wish, const char *text, size_t len) {
    const char *colon = memchr(text, ':', len);
    size_t name_len = colon ? (size_t)(colon - text) : len;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (!is(text, name_len, kinds[kind].name)) continue;
        char *end = (char *)text + len;
        double chance = colon ? strtod(colon + 1, &end) : kinds[kind].chance;
        if (end != text + len || text[len - 1] == ':' || !(chance >= 0 && chance <= 1))
            return false;
        wish->chance[kind] = (uint64_t)(chance * ALWAYS);
        return true;
    }
    return false;
}

static bool read_item(struct wish *wish, const char *text, size_t len) {
    const char *value = memchr(text, '=', len);
    if (!value) return read_kind(wish, text, len);
    size_t name_len = (size_t)(value++ - text), value_len = len - name_len - 1;
    if (is(text, name_len, "report")) {
        wish->report = value;
        wish->report_len = value_len;
        return value_len > 0;
    }
    char *end;
    wish->seed = strtoull(value, &end, 10);
    return is(text, name_len, "seed") && value_len > 0 && end == text + len;
}

static int read_list(struct wish *wish, const char *list, const char **why) {
    static char sentence[160];
    *wish = (struct wish){.seed = 1};
    for (const char *item = list;; item++) {
        size_t len = strcspn(item, ",");
        if (!read_item(wish, item, len)) {
            snprintf(sentence, sizeof sentence, "GREENROOM_FAULTS: \"%.*s\" is not understood",
                     len > 80 ? 80 : (int)len, item);
            *why = sentence;
            errno = EINVAL;
            return -1;
        }
        item += len;
        if (!*item) return 0;
    }
}

static int map_report(const struct wish *wish, const char **why) {
    char path[4096];
    if (!wish->report) return 0;
    *why = "GREENROOM_FAULTS: the file for the counts cannot be mapped";
    snprintf(path, sizeof path, "%.*s", (int)wish->report_len, wish->report);
    long fd = sys_plain(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;
    if (fd >= 0) {
        if (sys_plain(SYS_lseek, fd, 0, SEEK_END) >= (long)sizeof counts)
            memory = mmap(NULL, sizeof counts, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
        sys_plain(SYS_close, fd);
    }
    if (memory == MAP_FAILED) {
        errno = EINVAL;
        return -1;
    }
    reported = memory;
    return 0;
}

int fault_check(const char **why) {
    struct wish wish;
    const char *list = getenv("GREENROOM_FAULTS");
    return list ? read_list(&wish, list, why) : 0;
}

int fault_start(const char **why) {
    struct wish wish;
    const char *list = getenv("GREENROOM_FAULTS");
    if (!list) return 0;
    if (read_list(&wish, list, why) < 0 || map_report(&wish, why) < 0) return -1;
    seed = wish.seed;
    memset(counts, 0, sizeof counts);
    memset(owed, 0, sizeof owed);
    memcpy(fault_chance, wish.chance, sizeof fault_chance);
    return 0;
}

void fault_stop(void) { memset(fault_chance, 0, sizeof fault_chance); }
