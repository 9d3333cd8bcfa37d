#include "runtime/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/fault.h"
#include "base/sys.h"
#include "runtime/park.h"
#include "runtime/poller.h"
#include "runtime/sched.h"
#include "runtime/watch.h"

enum { ALWAYS = POLLHUP | POLLERR | POLLNVAL, ON_STACK = 64, PAUSE = NS_PER_MS };

static struct fd_slot *slots;
static int slot_count;
static int tied_end; /* slots from here on have never had a tie. Atomic */

void (*fd_untied)(uint32_t tie);

int fd_table_init(void) {
    struct rlimit limit;
    if (sys(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0) return -1;
    slot_count = limit.rlim_max > 1 << 20 ? 1 << 20 : (int)limit.rlim_max;
    long memory = sys(SYS_mmap, 0, slot_count * sizeof *slots, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory < 0) {
        errno = (int)-memory;
        return -1;
    }
    slots = (struct fd_slot *)memory;
    return 0;
}

struct fd_slot *fd_slot(int fd) {
    return fd >= 0 && fd < slot_count ? &slots[fd] : NULL;
}

unsigned fd_slot_wanted(const struct fd_slot *slot) {
    unsigned wanted = slot->watch ? slot->watch_events : 0;
    for (const struct fd_waiter *waiter = slot->waiters; waiter; waiter = waiter->next)
        wanted |= (unsigned short)waiter->events | POLLHUP;
    return wanted;
}

void fd_deliver(uint64_t data, unsigned events) {
    struct fd_slot *slot = fd_slot((int)(uint32_t)data);
    if (!slot || slot->generation != data >> 32) return;
    for (struct fd_waiter *waiter = slot->waiters; waiter; waiter = waiter->next)
        if (events & ((unsigned short)waiter->events | ALWAYS | POLLRDHUP)) {
            waiter->ready = true;
            sched_ready_since(waiter->green, sched.now);
        }
    if (!slot->watch) return;
    if (!slot->listener) {
        slot->watch_events = 0;
        if (poller_is_level_triggered()) poller_update((int)(uint32_t)data, slot);
    }
    slot->watch->ready(slot->watch, events);
}

/* ---- waiting ---- */

/* poll(2) has names for kinds of data which the poller is not told of. */
static short with_plain_events(short events) {
    if (events & (POLLRDNORM | POLLRDBAND)) events |= POLLIN;
    if (events & (POLLWRNORM | POLLWRBAND)) events |= POLLOUT;
    return events;
}

static bool waiter_add(struct fd_waiter *waiter, int fd, short events) {
    struct fd_slot *slot = fd_slot(fd);
    waiter->green = NULL;
    errno = EBADF;
    if (!slot) return false;
    *waiter = (struct fd_waiter){
        .next = slot->waiters, .green = green_self_tls, .events = with_plain_events(events)};
    slot->waiters = waiter;
    if (poller_update(fd, slot) == 0) return true;
    slot->waiters = waiter->next;
    waiter->green = NULL;
    return false;
}

static void waiter_remove(struct fd_waiter *waiter, int fd) {
    struct fd_slot *slot = fd_slot(fd);
    struct fd_waiter **link = &slot->waiters;
    while (*link && *link != waiter) link = &(*link)->next;
    if (!*link) return; /* fd_closing has cut it off */
    *link = waiter->next;
    if (poller_is_level_triggered()) poller_update(fd, slot);
}

/* Was there no memory, or no room below a limit of the kernel's, for a waiter that could not be
 * added? Then it is to be tried again after a while, before anything is done that might block. */
static bool is_for_want_of_memory(void) { return errno == ENOMEM || errno == ENOSPC; }

/* What the end of a park until the earlier of due and the deadline means. */
static enum wait_result result_of(struct green *self, bool timed_out, int64_t due) {
    if (green_take_interrupt(self)) return WAIT_INTERRUPTED;
    if (!timed_out) return WAIT_RETRY;
    return due <= green_expires(self) ? WAIT_TIMED_OUT : WAIT_EXPIRED;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static void tell_account(const struct green *self, int fd) {
    if (self->account && self->account->waited)
        self->account->waited(self->account, fd, self->waited);
}

enum wait_result fd_wait_turn(int fd, int64_t due) {
    struct green *self = green_self_tls;
    struct fd_slot *slot = fd_slot(fd);
    int saved = errno;
    sched_enter(self);
    self->handed_off = 0;
    struct fd_waiter waiter = {.next = slot->waiters, .green = self};
    slot->waiters = &waiter;
    green_waits(self, GREEN_WAIT_DESCRIPTOR, fd);
    bool timed_out = green_park(earlier(due, green_expires(self)));
    waiter_remove(&waiter, fd);
    tell_account(self, fd);
    enum wait_result result = waiter.closed ? WAIT_CLOSED : result_of(self, timed_out, due);
    sched_leave(self);
    errno = saved;
    return result;
}

static enum wait_result try_later(int64_t due) {
    int64_t next = clock_after(PAUSE);
    enum wait_result result = time_wait(earlier(due, next));
    return result == WAIT_TIMED_OUT && next < due ? WAIT_RETRY : result;
}

enum wait_result fd_wait(int fd, short events, int64_t due) {
    struct green *self = green_self_tls;
    int saved = errno;
    bool stale = sched_enter(self);
    self->handed_off = 0;
    struct fd_waiter waiter;
    enum wait_result result = WAIT_UNPOLLABLE;
    if (stale) { /* the readiness that would end the wait may have been reported meanwhile */
        result = WAIT_RETRY;
    } else if (waiter_add(&waiter, fd, events)) {
        green_waits(self, GREEN_WAIT_DESCRIPTOR, fd);
        bool timed_out = green_park(earlier(due, green_expires(self)));
        waiter_remove(&waiter, fd);
        tell_account(self, fd);
        result = waiter.closed ? WAIT_CLOSED : result_of(self, timed_out, due);
    } else if (is_for_want_of_memory()) {
        result = try_later(due);
    }
    sched_leave(self);
    errno = saved;
    return result;
}

/* The descriptor whose event has ended the wait; the first one if none has. */
static int fd_of_event(const struct fd_waiter *waiters, const struct pollfd *fds, nfds_t count) {
    for (nfds_t i = 0; i < count; i++)
        if (waiters[i].green && waiters[i].ready) return fds[i].fd;
    return count ? fds[0].fd : -1;
}

static enum wait_result wait_with(struct fd_waiter *waiters, const struct pollfd *fds, nfds_t count,
                                  int64_t due) {
    struct green *self = green_self_tls;
    bool stale = sched_enter(self);
    self->handed_off = 0;
    if (stale) {
        sched_leave(self);
        return WAIT_RETRY;
    }
    bool missing = false;
    for (nfds_t i = 0; i < count; i++)
        if (!waiter_add(&waiters[i], fds[i].fd, fds[i].events)) missing |= is_for_want_of_memory();
    int64_t next = missing ? clock_after(PAUSE) : NEVER;
    green_waits(self, GREEN_WAIT_DESCRIPTORS, count ? fds[0].fd : -1);
    bool timed_out = green_park(earlier(earlier(due, next), green_expires(self)));
    if (next < earlier(due, green_expires(self))) timed_out = false;
    bool closed = false;
    tell_account(self, fd_of_event(waiters, fds, count));
    for (nfds_t i = 0; i < count; i++)
        if (waiters[i].green) {
            waiter_remove(&waiters[i], fds[i].fd);
            closed |= waiters[i].closed;
        }
    enum wait_result result = closed ? WAIT_RETRY : result_of(self, timed_out, due);
    sched_leave(self);
    return result;
}

enum wait_result fd_wait_many(const struct pollfd *fds, nfds_t count, int64_t due) {
    struct fd_waiter on_stack[ON_STACK], *waiters = on_stack;
    int saved = errno;
    if (count > ON_STACK) waiters = fault(FAULT_ENOMEM) ? NULL : malloc(count * sizeof *waiters);
    enum wait_result result = waiters ? wait_with(waiters, fds, count, due) : WAIT_UNPOLLABLE;
    if (waiters != on_stack) free(waiters);
    errno = saved;
    return result;
}

/* ---- lives of a descriptor ---- */

static void forget(int fd, struct fd_slot *slot) {
    poller_forget(fd, slot);
    slot->generation++;
    slot->registered = slot->trusted = slot->listener = false;
    slot->watch = NULL;
}

/* Nobody will ever hear of these again: their file is gone. */
static void cut_off_waiters(struct fd_slot *slot) {
    for (struct fd_waiter *waiter = slot->waiters; waiter; waiter = waiter->next) {
        waiter->closed = true;
        sched_ready(waiter->green);
    }
    slot->waiters = NULL;
}

static void end_tie(struct fd_slot *slot) {
    if (__builtin_expect(__atomic_load_n(&slot->tie, __ATOMIC_RELAXED) == 0, 1)) return;
    uint32_t tie = __atomic_exchange_n(&slot->tie, 0, __ATOMIC_ACQ_REL);
    if (tie) fd_untied(tie);
}

static void begin_life(int fd, bool trusted) {
    struct green *self = green_self_tls;
    struct fd_slot *slot = runtime_on ? fd_slot(fd) : NULL;
    if (!slot) return;
    end_tie(slot);
    __atomic_store_n(&slot->label, 0, __ATOMIC_RELAXED);
    if (!self || self->pinned) {
        __atomic_store_n(&slot->trusted, false, __ATOMIC_RELAXED);
        return;
    }
    sched_enter(self);
    cut_off_waiters(slot);
    slot->registered = false; /* of a file that is gone: nothing to take back */
    forget(fd, slot);
    slot->trusted = trusted;
    sched_leave(self);
}

void fd_born(int fd) { begin_life(fd, true); }

void fd_unknown(int fd) { begin_life(fd, false); }

void fd_closing(int fd) {
    struct green *self = green_self_tls;
    struct fd_slot *slot = runtime_on ? fd_slot(fd) : NULL;
    if (!slot) return;
    end_tie(slot);
    __atomic_store_n(&slot->label, 0, __ATOMIC_RELAXED);
    if (!self || self->pinned) {
        __atomic_store_n(&slot->trusted, false, __ATOMIC_RELAXED);
        return;
    }
    int saved = errno;
    sched_enter(self);
    cut_off_waiters(slot);
    if (slot->registered || slot->poll_index) forget(fd, slot);
    slot->trusted = false;
    sched_leave(self);
    errno = saved;
}

uint16_t fd_label(int fd) {
    const struct fd_slot *slot = fd_slot(fd);
    return slot ? __atomic_load_n(&slot->label, __ATOMIC_RELAXED) : 0;
}

void fd_label_set(int fd, uint16_t label) {
    struct fd_slot *slot = fd_slot(fd);
    if (slot) __atomic_store_n(&slot->label, label, __ATOMIC_RELAXED);
}

uint32_t fd_tie(int fd) {
    const struct fd_slot *slot = fd_slot(fd);
    return slot ? __atomic_load_n(&slot->tie, __ATOMIC_ACQUIRE) : 0;
}

bool fd_tie_set(int fd, uint32_t tie) {
    struct fd_slot *slot = fd_slot(fd);
    if (!slot) return false;
    int end = __atomic_load_n(&tied_end, __ATOMIC_RELAXED);
    while (fd >= end && !__atomic_compare_exchange_n(&tied_end, &end, fd + 1, true,
                                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    __atomic_store_n(&slot->tie, tie, __ATOMIC_RELEASE);
    return true;
}

void fd_untie(int fd) {
    struct fd_slot *slot = fd_slot(fd);
    if (slot) end_tie(slot);
}

int fd_find_tied(uint32_t tie) {
    int fd = __atomic_load_n(&tied_end, __ATOMIC_RELAXED) - 1;
    while (fd >= 0 && fd_tie(fd) != tie) fd--;
    return fd;
}

void fd_keep(int fd, bool keep) {
    struct fd_slot *slot = fd_slot(fd);
    if (slot) slot->kept = keep;
}

bool fd_is_ours(int fd) {
    if (!runtime_on) return false;
    const struct fd_slot *slot = fd_slot(fd);
    return poller_owns(fd) || (slot && (slot->kept || slot->watch));
}

/* ---- watches ---- */

static int watch_add(struct fd_watch *watch, int fd, bool listener) {
    struct fd_slot *slot = fd_slot(fd);
    if (!slot) {
        errno = EMFILE;
        return -1;
    }
    slot->registered = false;
    forget(fd, slot);
    watch->fd = fd;
    slot->watch = watch;
    slot->watch_events = POLLIN | POLLRDHUP;
    slot->trusted = true;
    slot->listener = listener;
    if (poller_update(fd, slot) == 0) return 0;
    slot->watch = NULL;
    return -1;
}

int fd_watch_add(struct fd_watch *watch, int fd) { return watch_add(watch, fd, false); }

int fd_watch_add_listener(struct fd_watch *watch, int fd) { return watch_add(watch, fd, true); }

static void rearm(struct fd_watch *watch, uint16_t events) {
    struct fd_slot *slot = fd_slot(watch->fd);
    slot->watch_events = events;
    if (poller_is_level_triggered() || fault_owes_events()) poller_update(watch->fd, slot);
}

void fd_watch_rearm(struct fd_watch *watch) { rearm(watch, POLLIN | POLLRDHUP); }

void fd_watch_rearm_for_end(struct fd_watch *watch) { rearm(watch, POLLRDHUP); }

void fd_watch_remove(struct fd_watch *watch) {
    struct fd_slot *slot = fd_slot(watch->fd);
    if (slot->watch != watch) return;
    forget(watch->fd, slot);
    if (slot->waiters) poller_update(watch->fd, slot);
}
