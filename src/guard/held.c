#include "guard/held.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "runtime/park.h"

/* The number of one in the table, plus one, is its tie. */
static struct held *table, *first_free;
static unsigned used; /* those beyond have never been */

/* Those whose last descriptor was closed by somebody who must not touch what is the scheduler's. */
static struct held *ended; /* Atomic */
static struct green *undertaker;

struct held *held_find(int fd) {
    uint32_t tie = fd_tie(fd);
    return tie ? &table[tie - 1] : NULL;
}

static uint32_t tie_of(const struct held *held) { return (uint32_t)(held - table) + 1; }

/* ---- what becomes of one ---- */

void held_end_call(struct held *held) {
    if (held->is_calling) turns_give_back(&held->guard->calls);
    held->is_calling = false;
}

static void become(struct held *held, enum held_state state) {
    timer_stop(&held->timer);
    if (state != HELD_ASKED) held_end_call(held);
    held->state = state;
}

static void note(struct held *held, bool failed) {
    guard_note(held->guard, failed, held->is_probe);
    held->is_probe = false;
}

void held_connected(struct held *held) {
    become(held, HELD_NEW);
    guard_count(held->guard, GUARD_CONNECTED);
}

void held_asked(struct held *held) {
    if (held->state != HELD_ASKED) held->is_awaited = false;
    become(held, HELD_ASKED);
    held_start_time(held);
}

void held_answered(struct held *held) {
    if (held->state == HELD_IDLE) return timer_stop(&held->timer);
    become(held, HELD_IDLE);
    note(held, false);
}

void held_failed(struct held *held) {
    if (held->state == HELD_FAILED) return;
    become(held, HELD_FAILED);
    note(held, true);
}

/* ---- time ---- */

void held_start_time(struct held *held) {
    int64_t limit = held->guard->policy->read_timeout;
    if (limit) timer_start(&held->timer, clock_after(limit));
}

void held_stop_time(struct held *held) { timer_stop(&held->timer); }

bool held_has_time(const struct held *held) { return held->timer.node.place != 0; }

bool held_has_event(int fd, short events) {
    struct pollfd entry = {fd, events, 0};
    struct timespec at_once = {0};
    return sys(SYS_ppoll, &entry, 1, &at_once, NULL, 0) > 0 && entry.revents & events;
}

bool held_has_peer(int fd) {
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    return sys(SYS_getpeername, fd, &peer, &len) == 0;
}

/* What has come in time, and was not looked at yet, is not late. */
static void time_is_up(struct timer *timer) {
    struct held *held = (struct held *)timer;
    bool is_connecting = held->state == HELD_CONNECTING;
    int fd = fd_find_tied(tie_of(held));
    if (fd < 0 || held_has_event(fd, is_connecting ? POLLERR : POLLIN)) return;
    if (is_connecting && held_has_peer(fd)) return held_connected(held);
    guard_count(held->guard, is_connecting ? GUARD_CONNECT_TIMEOUT : GUARD_READ_TIMEOUT);
    held->is_late = true;
    held_failed(held);
    sys(SYS_shutdown, fd, SHUT_RDWR);
}

/* ---- from the first descriptor to the last ---- */

struct held *held_begin(struct guard *guard, int fd, bool is_probe, int64_t due) {
    struct held *held = first_free;
    if (held)
        first_free = held->next;
    else if (used < HELD_MAX)
        held = &table[used++];
    else
        return NULL;
    *held = (struct held){.timer.fire = time_is_up,
                          .guard = guard,
                          .descriptors = 1,
                          .state = HELD_CONNECTING,
                          .is_probe = is_probe};
    fd_tie_set(fd, tie_of(held));
    if (guard->policy->connect_timeout) timer_start(&held->timer, due);
    return held;
}

/* Closed before it came to anything: has the application given up? Not if it was told to. */
static bool is_given_up(const struct held *held) {
    const struct green *self = green_self();
    if (self && green_is_cancelled(self)) return false;
    return held->state == HELD_CONNECTING || (held->state == HELD_ASKED && held->is_awaited);
}

static void release(struct held *held) {
    if (is_given_up(held)) held_failed(held);
    become(held, HELD_FREE);
    turns_give_back(&held->guard->connections);
    held->next = first_free;
    first_free = held;
}

static void bury(void) {
    struct held *held = __atomic_exchange_n(&ended, NULL, __ATOMIC_ACQUIRE);
    while (held) {
        struct held *next = held->next;
        release(held);
        held = next;
    }
}

/* It is woken after something was put there; whoever is woken while it runs does not park. */
static void *bury_for_ever(void *unused) {
    sched_enter(green_self());
    for (;;) {
        bury();
        green_park(NEVER);
    }
    return unused;
}

static void untied(uint32_t tie) {
    struct held *held = &table[tie - 1];
    struct green *self = green_self();
    int saved = errno;
    if (__atomic_sub_fetch(&held->descriptors, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (self && !self->pinned) {
        sched_enter(self);
        release(held);
        sched_leave(self);
        errno = saved;
        return;
    }
    held->next = __atomic_load_n(&ended, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&ended, &held->next, held, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
    green_wake(undertaker);
}

/* The last descriptor may be closed meanwhile: then there is nothing to join. */
void held_join(struct held *held, int fd) {
    int count = __atomic_load_n(&held->descriptors, __ATOMIC_RELAXED);
    do {
        if (count == 0) return;
    } while (!__atomic_compare_exchange_n(&held->descriptors, &count, count + 1, true,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    if (!fd_tie_set(fd, tie_of(held))) untied(tie_of(held));
}

int held_init(void) {
    long memory = sys(SYS_mmap, 0, HELD_MAX * sizeof *table, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory < 0) {
        errno = (int)-memory;
        return -1;
    }
    if (timer_reserve(HELD_MAX) < 0) return -1;
    table = (struct held *)memory;
    fd_untied = untied;
    undertaker = green_start(&green_request_pool, bury_for_ever, NULL, false);
    return undertaker ? 0 : -1;
}
