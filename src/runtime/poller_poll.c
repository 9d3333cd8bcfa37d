/* poll(2): a dense array of what is waited for. For kernels or sandboxes without epoll, and as the
 * second opinion that the tests run under. */
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "runtime/poller.h"

static struct pollfd *entries; /* [0] is the wake descriptor */
static uint32_t count;
static uint32_t scan_from; /* so that all get their turn when more are ready than a batch holds */

static int poll_open(int wake_fd) {
    struct rlimit limit;
    if (sys(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0) return -1;
    size_t room = limit.rlim_max > 1 << 20 ? 1 << 20 : limit.rlim_max;
    long memory = sys(SYS_mmap, 0, (room + 1) * sizeof *entries, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory < 0) {
        errno = (int)-memory;
        return -1;
    }
    entries = (struct pollfd *)memory;
    entries[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    count = 1;
    return 0;
}

/* An entry whose descriptor was found closed is switched off, by a negative number, until its
 * waiters leave. */
static int entry_fd(const struct pollfd *entry) { return entry->fd < 0 ? ~entry->fd : entry->fd; }

static void remove_entry(struct fd_slot *slot) {
    uint32_t place = slot->poll_index;
    if (!place) return;
    slot->poll_index = 0;
    count--;
    if (place == count) return;
    entries[place] = entries[count];
    fd_slot(entry_fd(&entries[place]))->poll_index = place;
}

/* poll(2) calls a regular file always ready; a waiter for one would spin. */
static bool is_unpollable(int fd) {
    struct stat status;
    if (sys(SYS_fstat, fd, &status) < 0) return true;
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode);
}

static int poll_update(int fd, struct fd_slot *slot) {
    unsigned wanted = fd_slot_wanted(slot);
    if (!wanted) {
        remove_entry(slot);
        return 0;
    }
    if (!slot->poll_index) {
        if (is_unpollable(fd)) {
            errno = EPERM;
            return -1;
        }
        slot->poll_index = count++;
    }
    entries[slot->poll_index] = (struct pollfd){.fd = fd, .events = (short)wanted};
    return 0;
}

static void poll_forget(int fd, struct fd_slot *slot) { remove_entry(slot); }

static int collect(struct epoll_event *events, int room, long ready) {
    int found = 0;
    uint32_t total = count;
    if (scan_from >= total) scan_from = 0;
    for (uint32_t n = 0; n < total && ready > 0 && found < room; n++) {
        uint32_t place = (scan_from + n) % total;
        struct pollfd *entry = &entries[place];
        if (!entry->revents) continue;
        ready--;
        if (place == 0) {
            uint64_t drained;
            sys(SYS_read, entry->fd, &drained, sizeof drained);
            continue;
        }
        events[found++] = (struct epoll_event){
            .events = (unsigned short)entry->revents,
            .data.u64 = fd_event_data(entry->fd, fd_slot(entry->fd)->generation)};
        if (entry->revents & POLLNVAL) entry->fd = ~entry->fd;
        if (found == room) scan_from = place + 1;
    }
    return found;
}

static int poll_poll(struct epoll_event *events, int room, int64_t timeout, const uint64_t *mask) {
    struct timespec limit = {.tv_sec = timeout / NS_PER_S, .tv_nsec = timeout % NS_PER_S};
    long ready = sys(SYS_ppoll, entries, count, timeout < 0 ? NULL : &limit,
                     timeout == 0 ? NULL : mask, sizeof *mask);
    return ready <= 0 ? 0 : collect(events, room, ready);
}

struct poller poller_poll_backend = {
    .open = poll_open,
    .update = poll_update,
    .forget = poll_forget,
    .poll = poll_poll,
    .level_triggered = true,
    .fd = -1,
};
