/* Callbacks of the event loop, for the server: called by the scheduler on whatever stack is at
 * hand, inside the scheduler. They must not park, and use little stack (under 4 KiB). They may
 * start and wake green threads. */
#ifndef RUNTIME_WATCH_H
#define RUNTIME_WATCH_H

#include "runtime/green.h"

struct fd_watch {
    /* events: POLLIN, POLLOUT, POLLHUP, POLLERR, POLLRDHUP. Edge-triggered: called again only for
     * news, so read until EAGAIN or a short count. May be spurious. */
    void (*ready)(struct fd_watch *watch, unsigned events);
    int fd;
};

/* Watches fd (POLLIN and hang-up) until fd_watch_remove. The first call comes at once if
 * it is ready already. Green threads may fd_wait for the same descriptor meanwhile. Returns 0, or
 * -1 with errno (ENOMEM, ENOSPC of epoll_ctl(2), EMFILE past the table). */
RT_SHARED int fd_watch_add(struct fd_watch *watch, int fd);

/* What was reported has been consumed (the socket gave EAGAIN or a short count), and the next news
 * is wanted. Call it whenever the watch goes back to waiting; costs nothing with an edge-triggered
 * poller. */
RT_SHARED void fd_watch_rearm(struct fd_watch *watch);

/* The same for the end of the stream alone, while what comes before it is not to be read yet. */
RT_SHARED void fd_watch_rearm_for_end(struct fd_watch *watch);

/* No call of ready comes after this. Follow it by close(2) (raw), or go on without the watch. */
RT_SHARED void fd_watch_remove(struct fd_watch *watch);

/* Level-triggered and shared among processes (EPOLLEXCLUSIVE): for listening sockets. */
RT_SHARED int fd_watch_add_listener(struct fd_watch *watch, int fd);

/* Whether the application is kept from closing fd, as it is from closing a descriptor that is
 * watched. Lasts beyond the watch: end it before a raw close. */
RT_SHARED void fd_keep(int fd, bool keep);

/* Time of this pass of the loop: cheaper than clock_now, older by as much as the pass has lasted.
 */
RT_SHARED int64_t loop_now(void);

#endif
