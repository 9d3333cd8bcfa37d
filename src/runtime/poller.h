/* The poller: tells which descriptors may be ready. Two backends, chosen at start; each is one
 * file. All functions are for the scheduler, but poller_kick. */
#ifndef RUNTIME_POLLER_H
#define RUNTIME_POLLER_H

#include <sys/epoll.h>

#include "runtime/descriptor.h"
#include "runtime/runtime.h"

struct poller {
    int (*open)(int wake_fd);

    /* Interest in a slot may have changed: make the backend's idea of it right. -1 with errno EPERM
     * for files that cannot be polled, or another error of epoll_ctl(2). */
    int (*update)(int fd, struct fd_slot *slot);

    /* The descriptor is about to be closed. */
    void (*forget)(int fd, struct fd_slot *slot);

    /* Waits up to timeout ns (negative: for ever) under the signal mask. Returns how many events it
     * stored, 0 also on a signal or a kick. */
    int (*poll)(struct epoll_event *events, int room, int64_t timeout, const uint64_t *mask);

    /* Reports a descriptor as long as it is ready, and not only news: interest has to be withdrawn
     * when nobody waits. */
    bool level_triggered;
    int fd; /* of the backend, -1 for none */
};
extern struct poller poller_epoll, poller_poll_backend;
extern const struct poller *poller;

/* Marks events of the wake descriptor. */
#define POLLER_WAKE UINT64_MAX

int poller_open(enum poller_kind kind);

/* Interrupts poller_poll, now or the next time. Any thread, async-signal-safe. */
void poller_kick(void);

/* In a child of fork: a kick reaches nobody. */
void poller_forget_wake(void);

/* One of the runtime's own descriptors? */
bool poller_owns(int fd);

static inline bool poller_is_level_triggered(void) { return poller->level_triggered; }
static inline int poller_update(int fd, struct fd_slot *slot) { return poller->update(fd, slot); }
static inline void poller_forget(int fd, struct fd_slot *slot) { poller->forget(fd, slot); }
static inline int poller_poll(struct epoll_event *events, int room, int64_t timeout,
                              const uint64_t *mask) {
    return poller->poll(events, room, timeout, mask);
}

#endif
