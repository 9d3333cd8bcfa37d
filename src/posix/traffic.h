/* What hooks tell the tally of a request (observe/tally.h). Each returns the result that it is
 * given; the caller is a green thread. */
#ifndef POSIX_TRAFFIC_H
#define POSIX_TRAFFIC_H

#include <netdb.h>

#include "observe/tally.h"
#include "posix/hook.h"

static inline bool is_counted(long result) { return result > 0 && green_self()->account; }

static inline long traffic_received(int fd, long result) {
    if (is_counted(result)) tally_received(fd, (size_t)result);
    return result;
}

static inline long traffic_sent(int fd, const void *data, long result) {
    if (is_counted(result)) tally_sent(fd, data, (size_t)result);
    return result;
}

/* Of a vector, the first element is looked at. */
static inline long traffic_sent_vector(int fd, const struct iovec *vector, long result) {
    if (!is_counted(result)) return result;
    size_t sent = (size_t)result;
    tally_sent(fd, vector->iov_base, sent < vector->iov_len ? sent : vector->iov_len);
    if (sent > vector->iov_len) tally_sent(fd, NULL, sent - vector->iov_len);
    return result;
}

/* A message that was sent could be read. */
static inline long traffic_sent_message(int fd, const struct msghdr *message, long result) {
    return is_counted(result) ? traffic_sent_vector(fd, message->msg_iov, result) : result;
}

/* What connect(2) has said: where it has begun, the address could be read. */
static inline long traffic_connecting(int fd, const struct sockaddr *to, socklen_t len,
                                      long result) {
    bool begun = result == 0 || result == -EINPROGRESS || result == -EAGAIN;
    if (begun && to->sa_family != AF_UNSPEC) tally_connecting(fd, to, len);
    return result;
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
