/* A call that a descriptor was not ready for, and what ends its waiting. */
#ifndef POSIX_BLOCKING_H
#define POSIX_BLOCKING_H

#include "posix/hook.h"

struct blocking {
    int fd;
    short events;   /* POLLIN or POLLOUT */
    bool is_socket; /* then SO_RCVTIMEO or SO_SNDTIMEO counts */
    bool looked_up; /* due is set, and the descriptor is not in non-blocking mode */
    bool has_waited;
    int ended_by; /* errno with which to fail after one more try; 0: go on */
    int in_vain;  /* how often in a row it was ready, and yet had said EAGAIN */
    int64_t due;  /* NEVER until looked up */
};

#define BLOCKING_ON_SOCKET(fd_, events_) \
    ((struct blocking){.fd = (fd_), .events = (events_), .is_socket = true, .due = NEVER})
#define BLOCKING_ON(fd_, events_) \
    ((struct blocking){.fd = (fd_), .events = (events_), .due = NEVER})

/* The descriptor cannot be waited for: make the call that libc would make. */
enum { BLOCKING_AS_LIBC = 1 };

/* The operation has just said EAGAIN. Parks. Returns 0 to try it again, BLOCKING_AS_LIBC, or a
 * negated errno to fail with: EAGAIN (the descriptor is in non-blocking mode, or its time limit has
 * passed), EINTR, EBADF, ETIMEDOUT (the deadline of the green thread). errno is kept. */
int blocking_wait(struct blocking *call);

/* poll(2) without waiting. Where that says EINTR, as it does when a signal is pending and nothing
 * is ready, it returns 0: whether a handler has run is for the wait that follows to say. */
long blocking_look(struct pollfd *fds, nfds_t count);

/* Would an operation not wait now? True as well for what has failed or is no descriptor. */
bool blocking_is_ready(int fd, short events);

#endif
