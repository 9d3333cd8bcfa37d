/* Edge-triggered epoll: a descriptor is added once in its life, with all events, and never changed;
 * who waits is known to us alone. So waiting costs no system call but the first time. */
#include <errno.h>

#include "base/fault.h"
#include "base/sys.h"
#include "runtime/poller.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int control(int operation, int fd, uint32_t events, uint32_t generation) {
    struct epoll_event event = {.events = events, .data.u64 = fd_event_data(fd, generation)};
    long result = sys(SYS_epoll_ctl, poller_epoll.fd, operation, fd, &event);
    if (result < 0) errno = (int)-result;
    return result < 0 ? -1 : 0;
}

static int epoll_open(int wake_fd) {
    long fd = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (fd < 0) {
        errno = (int)-fd;
        return -1;
    }
    poller_epoll.fd = (int)fd;
    /* Edge-triggered, every write to the eventfd is news: nobody has to read it. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = POLLER_WAKE};
    return sys(SYS_epoll_ctl, fd, EPOLL_CTL_ADD, wake_fd, &event) < 0 ? -1 : 0;
}

static int epoll_update(int fd, struct fd_slot *slot) {
    if (slot->registered && slot->trusted && !fault_owes_event(fd)) return 0;
    if (!slot->registered && fault(slot->watch && !slot->listener ? FAULT_OOM : FAULT_ENOMEM)) {
        errno = ENOMEM;
        return -1;
    }
    uint32_t events = slot->listener ? EPOLLIN | EPOLLEXCLUSIVE
                                     : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
    /* Adding, and setting again what is still there, reports it anew if it is ready. */
    int first = slot->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int result = control(first, fd, events, slot->generation);
    if (result < 0 && (errno == EEXIST || errno == ENOENT))
        result = control(first ^ EPOLL_CTL_ADD ^ EPOLL_CTL_MOD, fd, events, slot->generation);
    slot->registered = result == 0;
    return result;
}

/* The kernel forgets a file when its last descriptor is closed; one that lives on, by dup or in a
 * child, goes on reporting, which costs a dropped event now and then. The connections of the
 * server, which are many, save the call: only children of fork hold them too, and they are shut
 * down before they are closed, which is the last thing that is reported of them. */
static void epoll_forget(int fd, struct fd_slot *slot) {
    if (slot->registered && (!slot->watch || slot->listener)) control(EPOLL_CTL_DEL, fd, 0, 0);
    slot->registered = false;
}

static long wait_for_events(struct epoll_event *events, int room, int64_t timeout,
                            const uint64_t *mask) {
    static bool without_pwait2;
    if (timeout == 0) return sys(SYS_epoll_pwait, poller_epoll.fd, events, room, 0, NULL, 0);
    if (!without_pwait2) {
        struct timespec limit = {.tv_sec = timeout / NS_PER_S, .tv_nsec = timeout % NS_PER_S};
        long count = sys(SYS_epoll_pwait2, poller_epoll.fd, events, room,
                         timeout < 0 ? NULL : &limit, mask, sizeof *mask);
        if (count != -ENOSYS && count != -EPERM) return count;
        without_pwait2 = true;
    }
    int64_t ms = timeout < 0 ? -1 : (timeout + NS_PER_MS - 1) / NS_PER_MS;
    if (ms > INT32_MAX) ms = INT32_MAX;
    return sys(SYS_epoll_pwait, poller_epoll.fd, events, room, ms, mask, sizeof *mask);
}

static int epoll_poll(struct epoll_event *events, int room, int64_t timeout, const uint64_t *mask) {
    long count = wait_for_events(events, room, timeout, mask);
    return count < 0 ? 0 : (int)count;
}

struct poller poller_epoll = {
    .open = epoll_open,
    .update = epoll_update,
    .forget = epoll_forget,
    .poll = epoll_poll,
    .fd = -1,
};
