/* What hooks tell the tally of a request (observe/tally.h) and the guards of downstreams
 * (guard/guarded.h), which may have another result in mind: each returns what the application is to
 * get. The caller is a green thread that may park. */
#ifndef POSIX_TRAFFIC_H
#define POSIX_TRAFFIC_H

#include <netdb.h>

#include "guard/guard.h"
#include "guard/guarded.h"
#include "observe/tally.h"
#include "posix/hook.h"
#include "posix/memory.h"

/* Evaluates a call of the guards, where there are any. */
#define GUARDED(otherwise, call) (__builtin_expect(guards_on, 0) ? (call) : (otherwise))

static inline bool is_socket(int fd) {
    int type;
    socklen_t len = sizeof type;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

static inline bool is_counted(long result) { return result > 0 && green_self()->account; }

static inline long traffic_received(int fd, long result) {
    result = GUARDED(result, guarded_received(fd, result));
    if (is_counted(result)) tally_received(fd, (size_t)result);
    return result;
}

/* The same of something that was looked at, and is to be received yet. */
static inline long traffic_peeked(int fd, long result) {
    return GUARDED(result, guarded_received(fd, result));
}

/* Before something is sent: not 0 if it must not be. Parks. */
static inline long traffic_asks(int fd) { return GUARDED(0, guarded_ask(fd)); }

static inline long traffic_sent(int fd, const void *data, long result) {
    result = GUARDED(result, guarded_sent(fd, result));
    if (is_counted(result)) tally_sent(fd, data, (size_t)result);
    return result;
}

/* Of a vector, the first element is looked at. */
static inline long traffic_sent_vector(int fd, const struct iovec *vector, long result) {
    result = GUARDED(result, guarded_sent(fd, result));
    if (!is_counted(result)) return result;
    size_t sent = (size_t)result;
    tally_sent(fd, vector->iov_base, sent < vector->iov_len ? sent : vector->iov_len);
    if (sent > vector->iov_len) tally_sent(fd, NULL, sent - vector->iov_len);
    return result;
}

/* The kernel has sent them, from elsewhere, by a descriptor of any kind. */
static inline long traffic_sent_by_kernel(int fd, long result) {
    result = GUARDED(result, guarded_sent(fd, result));
    if (is_counted(result) && is_socket(fd)) tally_sent(fd, NULL, (size_t)result);
    return result;
}

static inline long traffic_received_by_kernel(int fd, long result) {
    result = GUARDED(result, guarded_received(fd, result));
    if (is_counted(result) && is_socket(fd)) tally_received(fd, (size_t)result);
    return result;
}

/* A message that was sent could be read. */
static inline long traffic_sent_message(int fd, const struct msghdr *message, long result) {
    if (result > 0) return traffic_sent_vector(fd, message->msg_iov, result);
    return GUARDED(result, guarded_sent(fd, result));
}

/* Before a connection is made: not 0 if it must not be. Parks. */
static inline long traffic_connects(int fd, const struct sockaddr *to, socklen_t len) {
    if (__builtin_expect(!guards_on, 1)) return 0;
    return len > sizeof to->sa_family && is_readable(to, len) ? guarded_connect(fd, to, len) : 0;
}

/* A wait for a socket begins, and is over. The first returns whether to look once more instead. */
static inline bool traffic_awaits(int fd, short events) {
    return __builtin_expect(guards_on, 0) && events & POLLIN && guarded_awaits(fd);
}
static inline void traffic_awaited(int fd, short events) {
    if (__builtin_expect(guards_on, 0) && events & POLLIN) guarded_awaited(fd);
}

/* What connect(2) has said: where it has begun, the address could be read. */
static inline long traffic_connecting(int fd, const struct sockaddr *to, socklen_t len,
                                      long result) {
    bool begun = result == 0 || result == -EINPROGRESS || result == -EAGAIN;
    if (begun && to->sa_family != AF_UNSPEC) tally_connecting(fd, to, len);
    return result;
}

/* What has come of it in the end. */
static inline long traffic_connected(int fd, long result) {
    return GUARDED(result, guarded_connected(fd, result));
}

/* Evaluates a look-up that is made on another kernel task. */
#define TRAFFIC_LOOK_UP(call)                                               \
    ({                                                                      \
        const struct account *account_ = green_self()->account;             \
        int64_t spent_ = account_ ? account_->spent[ACCOUNT_OS_THREAD] : 0; \
        __typeof__(call) found_ = MOVED(call);                              \
        tally_looked_up(spent_);                                            \
        found_;                                                             \
    })

/* A look-up has found these for a name. */
static inline void traffic_named(const struct addrinfo *found, const char *name) {
    struct green *self = green_self();
    sched_enter(self);
    for (; found; found = found->ai_next)
        if (found->ai_addr) downstream_named(found->ai_addr, name);
    sched_leave(self);
}

#endif
