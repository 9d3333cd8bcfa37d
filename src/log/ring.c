#include "log/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"

enum { UNIT = 16, USUAL_RECORD = 1024 };

/* For a writer that has reserved its place to say who it is. */
#define STUCK_LIMIT (5 * (int64_t)NS_PER_S)

/* Free room is all zero. len is stored first with BUSY, then without. */
struct head {
    _Atomic uint32_t state; /* len, kind, BUSY */
    int32_t pid;            /* of the writer; while BUSY */
    int64_t time;
};

_Static_assert(sizeof(struct head) == UNIT, "a head is never split at the end of the ring");
_Static_assert(LOG_RECORD_MAX + UNIT <= LOG_RING_RESERVE, "the reserve has room for a record");

#define BUSY UINT32_C(0x80000000)
#define KIND_SHIFT 24
#define LEN_MASK UINT32_C(0x00ffffff)

static uint64_t units(uint32_t len) {
    return ((uint64_t)sizeof(struct head) + len + UNIT - 1) / UNIT * UNIT;
}

static char *place(struct log_ring *ring, uint64_t at) {
    return ring->room + (at & (LOG_RING_SIZE - 1));
}

/* ---- writers ---- */

/* The reservation was a full barrier: with that of log_bell_wait either the reader sees it before
 * it sleeps, or we see that it wants to be woken. */
static void wake_if(struct log_bell *bell, uint64_t filled) {
    uint32_t wanted = atomic_load(&bell->wanted);
    if (wanted && filled >= wanted && atomic_compare_exchange_strong(&bell->wanted, &wanted, 0))
        sys(SYS_futex, &bell->wanted, FUTEX_WAKE, 1);
}

/* Is there room for what ends with so many bytes in the ring? Less than none are in it when its end
 * was seen before it was emptied: then it has moved on, and there was. */
static bool is_room(uint64_t filled, bool urgent) {
    return (int64_t)filled <= (urgent ? LOG_RING_SIZE : LOG_RING_SIZE - LOG_RING_RESERVE);
}

/* Returns where, or UINT64_MAX. *filled: bytes in the ring then. */
static uint64_t reserve(struct log_ring *ring, uint64_t size, bool urgent, uint64_t *filled) {
    uint64_t at = atomic_load_explicit(&ring->reserved, memory_order_relaxed);
    do {
        *filled = at + size - atomic_load_explicit(&ring->emptied, memory_order_acquire);
        if (!is_room(*filled, urgent)) return UINT64_MAX;
    } while (!atomic_compare_exchange_weak(&ring->reserved, &at, at + size));
    return at;
}

static void copy_in(struct log_ring *ring, uint64_t at, gr_slice text) {
    char *start = place(ring, at), *end = ring->room + LOG_RING_SIZE;
    size_t first = (size_t)(end - start) < text.len ? (size_t)(end - start) : text.len;
    if (first) memcpy(start, text.data, first);
    if (first < text.len) memcpy(ring->room, text.data + first, text.len - first);
}

void log_ring_put(const struct log_pen *pen, enum log_kind kind, bool urgent, int64_t time,
                  gr_slice text) {
    uint32_t state = (uint32_t)text.len | (uint32_t)kind << KIND_SHIFT;
    uint64_t filled, at = reserve(pen->ring, units((uint32_t)text.len), urgent, &filled);
    if (at == UINT64_MAX) {
        log_ring_count_dropped(pen->ring);
        return;
    }
    struct head *head = (struct head *)place(pen->ring, at);
    head->pid = pen->pid;
    atomic_store_explicit(&head->state, state | BUSY, memory_order_release);
    head->time = time;
    copy_in(pen->ring, at + sizeof *head, text);
    atomic_store_explicit(&head->state, state, memory_order_release);
    wake_if(pen->bell, filled);
}

bool log_ring_is_full(const struct log_ring *ring, bool urgent) {
    uint64_t filled = atomic_load_explicit(&ring->reserved, memory_order_relaxed) -
                      atomic_load_explicit(&ring->emptied, memory_order_relaxed);
    return !is_room(filled + USUAL_RECORD, urgent);
}

void log_ring_count_dropped(struct log_ring *ring) {
    atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
}

/* ---- the reader ---- */

void log_reader_open(struct log_reader *reader, struct log_ring *ring) {
    *reader = (struct log_reader){.ring = ring, .at = atomic_load(&ring->emptied) / UNIT * UNIT};
    reader->told = atomic_load(&ring->dropped);
}

uint64_t log_reader_filled(const struct log_reader *reader) {
    return atomic_load(&reader->ring->reserved) - reader->at;
}

static void clear(struct log_ring *ring, uint64_t at, uint64_t size) {
    char *start = place(ring, at), *end = ring->room + LOG_RING_SIZE;
    size_t first = (size_t)(end - start) < size ? (size_t)(end - start) : size;
    memset(start, 0, first);
    memset(ring->room, 0, size - first);
}

static void advance(struct log_reader *reader, uint64_t size) {
    clear(reader->ring, reader->at, size < LOG_RING_SIZE ? size : LOG_RING_SIZE);
    reader->at += size;
    reader->stuck_since = 0;
    atomic_store_explicit(&reader->ring->emptied, reader->at, memory_order_release);
}

static void lose(struct log_reader *reader, uint64_t size) {
    reader->lost++;
    advance(reader, size);
}

/* Has it ended, though its parent has not asked how? */
static bool is_zombie(int32_t pid) {
    char path[32], stat[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    long fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    long n = sys(SYS_read, fd, stat, sizeof stat - 1);
    sys(SYS_close, fd);
    stat[n > 0 ? n : 0] = '\0';
    const char *name_end = strrchr(stat, ')');
    return name_end && strncmp(name_end, ") Z", 3) == 0;
}

/* A writer says who it is before it says that it writes. */
static bool is_dead(int32_t pid) {
    return pid <= 0 || sys(SYS_kill, pid, 0) == -ESRCH || is_zombie(pid);
}

static bool makes_sense(const struct log_record *record, uint64_t filled) {
    return record->len > 0 && record->len <= LOG_RECORD_MAX && record->kind < LOG_KINDS &&
           units(record->len) <= filled;
}

/* The record at reader->at is reserved and not whole. Leaves it, or more, out if nothing will come
 * of it. */
static void see_to_unfinished(struct log_reader *reader, const struct head *head, uint32_t state,
                              uint64_t filled) {
    int64_t now = clock_now();
    if (!reader->stuck_since) {
        reader->stuck_since = now;
        return;
    }
    struct log_record record = {.len = state & LEN_MASK};
    if (!state && now - reader->stuck_since > STUCK_LIMIT) lose(reader, filled);
    if (state && is_dead(head->pid))
        lose(reader, makes_sense(&record, filled) ? units(record.len) : filled);
}

/* Takes back what no sane writer does: a place between units, another count of what is emptied. */
static void straighten(struct log_reader *reader) {
    struct log_ring *ring = reader->ring;
    uint64_t odd = log_reader_filled(reader) % UNIT;
    if (odd) atomic_fetch_add(&ring->reserved, UNIT - odd);
    if (atomic_load(&ring->emptied) != reader->at) atomic_store(&ring->emptied, reader->at);
}

bool log_reader_peek(struct log_reader *reader) {
    if (reader->next.len) return true;
    straighten(reader);
    uint64_t filled = log_reader_filled(reader);
    if (!filled) return false;
    if (filled > LOG_RING_SIZE) {
        lose(reader, filled);
        return false;
    }
    const struct head *head = (struct head *)place(reader->ring, reader->at);
    uint32_t state = atomic_load_explicit(&head->state, memory_order_acquire);
    if (!state || state & BUSY) {
        see_to_unfinished(reader, head, state, filled);
        return false;
    }
    struct log_record record = {state >> KIND_SHIFT, head->time, state & LEN_MASK};
    if (!makes_sense(&record, filled)) {
        lose(reader, filled);
        return false;
    }
    reader->next = record;
    return true;
}

void log_reader_take(struct log_reader *reader, char *out) {
    uint32_t len = reader->next.len;
    const char *start = place(reader->ring, reader->at + sizeof(struct head));
    const char *end = reader->ring->room + LOG_RING_SIZE;
    size_t first = (size_t)(end - start) < len ? (size_t)(end - start) : len;
    memcpy(out, start, first);
    memcpy(out + first, reader->ring->room, len - first);
    reader->next.len = 0;
    advance(reader, units(len));
}

uint64_t log_reader_dropped(const struct log_reader *reader) {
    return atomic_load(&reader->ring->dropped) + reader->lost;
}

static bool has_enough(const struct log_reader *readers, uint32_t count, uint32_t bytes) {
    for (uint32_t i = 0; i < count; i++)
        if (log_reader_filled(&readers[i]) >= bytes) return true;
    return false;
}

void log_bell_wait(struct log_bell *bell, const struct log_reader *readers, uint32_t count,
                   uint32_t bytes, int64_t ns) {
    struct timespec limit = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    atomic_store(&bell->wanted, bytes);
    if (!has_enough(readers, count, bytes) && !atomic_load(&bell->stopped))
        sys(SYS_futex, &bell->wanted, FUTEX_WAIT, bytes, ns < 0 ? NULL : &limit);
    atomic_store(&bell->wanted, 0);
}

void log_bell_stop(struct log_bell *bell) {
    atomic_store(&bell->stopped, 1);
    atomic_store(&bell->wanted, 0);
    sys(SYS_futex, &bell->wanted, FUTEX_WAKE, 1);
}
