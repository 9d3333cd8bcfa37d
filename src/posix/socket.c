#include "posix/socket.h"

#include "posix/blocking.h"
#include "posix/due.h"
#include "posix/memory.h"
#include "posix/traffic.h"

/* With these a call never waits, even on a blocking socket, and what comes is no part of a stream.
 */
enum { BESIDE = MSG_ERRQUEUE | MSG_OOB };

static bool is_stream(int fd) {
    int type = 0;
    socklen_t len = sizeof type;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* What libc's functions return, as the raw calls return it. */
static long raw(ssize_t result) { return result < 0 ? -errno : result; }

static long receive_waiting(struct blocking *call, void *buffer, size_t len, int flags,
                            struct sockaddr *from, socklen_t *from_len) {
    for (;;) {
        int error = blocking_wait(call);
        if (error == BLOCKING_AS_LIBC)
            return raw(REAL(recvfrom)(call->fd, buffer, len, flags, from, from_len));
        if (error) return error;
        long r = sys(SYS_recvfrom, call->fd, buffer, len, flags | MSG_DONTWAIT, from, from_len);
        if (r != -EAGAIN) return r;
    }
}

/* MSG_WAITALL and MSG_DONTWAIT together do not wait, so the waiting is done piece by piece, within
 * one time limit. */
static long receive_all(int fd, char *buffer, size_t len, int flags, struct sockaddr *from,
                        socklen_t *from_len) {
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLIN);
    size_t got = 0;
    flags &= ~MSG_WAITALL;
    for (;;) {
        long r =
            sys(SYS_recvfrom, fd, buffer + got, len - got, flags | MSG_DONTWAIT, from, from_len);
        if (r == -EAGAIN)
            r = receive_waiting(&call, buffer + got, len - got, flags, from, from_len);
        if (r <= 0) return got ? (long)got : r;
        got += (size_t)r;
        if (got == len || !is_stream(fd)) return (long)got;
    }
}

long socket_receive(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                    socklen_t *from_len) {
    if (flags & MSG_DONTWAIT)
        return sys_plain(SYS_recvfrom, fd, buffer, len, flags, from, from_len);
    if (flags & MSG_WAITALL) {
        if (flags & MSG_PEEK)
            return raw(MOVED(REAL(recvfrom)(fd, buffer, len, flags, from, from_len)));
        return receive_all(fd, buffer, len, flags, from, from_len);
    }
    long r = sys(SYS_recvfrom, fd, buffer, len, flags | MSG_DONTWAIT, from, from_len);
    if (__builtin_expect(r != -EAGAIN, 1)) return r;
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLIN);
    return receive_waiting(&call, buffer, len, flags, from, from_len);
}

long socket_receive_message(int fd, struct msghdr *message, int flags) {
    if (flags & MSG_DONTWAIT) return sys_plain(SYS_recvmsg, fd, message, flags);
    /* A part that has come cannot be given back, nor can its control data be joined to more. */
    if (flags & MSG_WAITALL) return raw(MOVED(REAL(recvmsg)(fd, message, flags)));
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLIN);
    for (;;) {
        long r = sys(SYS_recvmsg, fd, message, flags | MSG_DONTWAIT);
        if (r != -EAGAIN) return r;
        int error = blocking_wait(&call);
        if (error == BLOCKING_AS_LIBC) return raw(REAL(recvmsg)(fd, message, flags));
        if (error) return error;
    }
}

static long send_rest(int fd, const char *data, size_t len, int flags, const struct sockaddr *to,
                      socklen_t to_len, size_t sent) {
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLOUT);
    long r = -EAGAIN;
    for (;;) {
        if (r == -EAGAIN) {
            r = blocking_wait(&call);
            if (r == BLOCKING_AS_LIBC)
                r = raw(REAL(sendto)(fd, data + sent, len - sent, flags, to, to_len));
        } else if (r >= 0) {
            sent += (size_t)r;
            if (sent == len) return (long)sent;
        }
        if (r < 0) return sent ? (long)sent : r;
        r = sys(SYS_sendto, fd, data + sent, len - sent, flags | MSG_DONTWAIT, to, to_len);
        if (r < 0 && r != -EAGAIN) return sent ? (long)sent : r;
    }
}

long socket_send(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
                 socklen_t to_len) {
    long r = traffic_asks(fd);
    if (__builtin_expect(r < 0, 0)) return r;
    if (flags & MSG_DONTWAIT) return sys_plain(SYS_sendto, fd, data, len, flags, to, to_len);
    r = sys(SYS_sendto, fd, data, len, flags | MSG_DONTWAIT, to, to_len);
    if (__builtin_expect(r == (long)len, 1)) return r;
    if (r == -EINPROGRESS) { /* TCP Fast Open without a cookie: it connects first, then sends */
        flags &= ~MSG_FASTOPEN;
        to = NULL;
        to_len = 0;
    } else if (r < 0 && r != -EAGAIN) {
        return r;
    }
    return send_rest(fd, data, len, flags, to, to_len, r < 0 ? 0 : (size_t)r);
}

/* A message on its way: the elements of its vector that are not sent yet, and how much of the first
 * is. The caller's vector is never written, so a part of an element is finished with sendto. */
struct outgoing {
    struct msghdr rest;
    size_t skip, sent, len;
};

static void outgoing_advance(struct outgoing *out, size_t count) {
    out->sent += count;
    out->rest.msg_control = NULL;
    out->rest.msg_controllen = 0;
    count += out->skip;
    while (out->rest.msg_iovlen && count >= out->rest.msg_iov->iov_len) {
        count -= out->rest.msg_iov->iov_len;
        out->rest.msg_iov++;
        out->rest.msg_iovlen--;
    }
    out->skip = count;
}

static long outgoing_try(const struct outgoing *out, int fd, int flags) {
    if (!out->skip) return sys(SYS_sendmsg, fd, &out->rest, flags | MSG_DONTWAIT);
    const struct iovec *first = out->rest.msg_iov;
    return sys(SYS_sendto, fd, (char *)first->iov_base + out->skip, first->iov_len - out->skip,
               flags | MSG_DONTWAIT, out->rest.msg_name, out->rest.msg_namelen);
}

static size_t message_length(const struct msghdr *message) {
    size_t len = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) len += message->msg_iov[i].iov_len;
    return len;
}

/* The first try shows whether the message can be read at all. */
long socket_send_message(int fd, const struct msghdr *message, int flags) {
    long r = traffic_asks(fd);
    if (r == 0 && flags & MSG_DONTWAIT) return sys_plain(SYS_sendmsg, fd, message, flags);
    if (r == 0) r = sys(SYS_sendmsg, fd, message, flags | MSG_DONTWAIT);
    if (r < 0 && r != -EAGAIN && r != -EINPROGRESS) return r;
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLOUT);
    struct outgoing out = {.rest = *message, .len = message_length(message)};
    if (r == -EINPROGRESS) { /* as in socket_send */
        flags &= ~MSG_FASTOPEN;
        out.rest.msg_name = NULL;
        out.rest.msg_namelen = 0;
        r = -EAGAIN;
    }
    for (;; r = outgoing_try(&out, fd, flags)) {
        if (r == -EAGAIN) {
            r = blocking_wait(&call);
            if (r == 0) continue;
            if (r == BLOCKING_AS_LIBC && !out.sent) return raw(REAL(sendmsg)(fd, message, flags));
        }
        if (r < 0) return out.sent ? (long)out.sent : r;
        outgoing_advance(&out, (size_t)r);
        if (out.sent >= out.len) return (long)out.sent;
    }
}

/* What is looked at before it is taken counts once. */
static long came(int fd, long result, int flags) {
    return flags & MSG_PEEK ? traffic_peeked(fd, result) : traffic_received(fd, result);
}

HOOK ssize_t recv(int fd, void *buffer, size_t len, int flags) {
    if (!green_may_park() || flags & BESIDE) return REAL(recv)(fd, buffer, len, flags);
    return hook_result(came(fd, socket_receive(fd, buffer, len, flags, NULL, NULL), flags));
}

HOOK ssize_t recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                      socklen_t *from_len) {
    if (!green_may_park() || flags & BESIDE)
        return REAL(recvfrom)(fd, buffer, len, flags, from, from_len);
    return hook_result(came(fd, socket_receive(fd, buffer, len, flags, from, from_len), flags));
}

HOOK ssize_t __recv_chk(int fd, void *buffer, size_t len, size_t room, int flags) {
    if (len > room) return REAL(__recv_chk)(fd, buffer, len, room, flags);
    return recv(fd, buffer, len, flags);
}

HOOK ssize_t __recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                            struct sockaddr *from, socklen_t *from_len) {
    if (len > room) return REAL(__recvfrom_chk)(fd, buffer, len, room, flags, from, from_len);
    return recvfrom(fd, buffer, len, flags, from, from_len);
}

HOOK ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    if (!green_may_park() || flags & BESIDE) return REAL(recvmsg)(fd, message, flags);
    return hook_result(came(fd, socket_receive_message(fd, message, flags), flags));
}

/* Unmodified drivers ask so what has become of a connection. */
HOOK int getsockopt(int fd, int level, int name, void *value, socklen_t *len) {
    int result = REAL(getsockopt)(fd, level, name, value, len);
    bool is_outcome = result == 0 && level == SOL_SOCKET && name == SO_ERROR && *len == sizeof(int);
    if (is_outcome && guards_on && green_may_park()) {
        int saved = errno;
        *(int *)value = guarded_error(fd, *(int *)value);
        errno = saved;
    }
    return result;
}

HOOK ssize_t send(int fd, const void *data, size_t len, int flags) {
    if (!green_may_park()) return REAL(send)(fd, data, len, flags);
    return hook_result(traffic_sent(fd, data, socket_send(fd, data, len, flags, NULL, 0)));
}

HOOK ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
                    socklen_t to_len) {
    if (!green_may_park()) return REAL(sendto)(fd, data, len, flags, to, to_len);
    return hook_result(traffic_sent(fd, data, socket_send(fd, data, len, flags, to, to_len)));
}

HOOK ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (!green_may_park()) return REAL(sendmsg)(fd, message, flags);
    return hook_result(traffic_sent_message(fd, message, socket_send_message(fd, message, flags)));
}

static unsigned receive_messages(int fd, struct mmsghdr *messages, unsigned count, int flags,
                                 int64_t due, long *error) {
    unsigned done = 0;
    while (done < count) {
        bool waits = done == 0 || !(flags & MSG_WAITFORONE);
        struct msghdr *message = &messages[done].msg_hdr;
        int one = flags & ~MSG_WAITFORONE;
        long r = waits ? socket_receive_message(fd, message, one)
                       : sys(SYS_recvmsg, fd, message, one | MSG_DONTWAIT);
        r = came(fd, r, flags);
        if (r < 0) {
            *error = r;
            break;
        }
        messages[done++].msg_len = (unsigned)r;
        if (due != NEVER && clock_now() >= due) break;
    }
    return done;
}

/* The time limit is looked at after each message, as recvmmsg(2) owns up to under BUGS. */
HOOK int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                  struct timespec *timeout) {
    if (!green_may_park() || flags & BESIDE || count == 0 ||
        (timeout && !(is_readable(timeout, sizeof *timeout) && due_is_valid(timeout))))
        return REAL(recvmmsg)(fd, messages, count, flags, timeout);
    int64_t due = due_after(timeout);
    long error = 0;
    unsigned done = receive_messages(fd, messages, count, flags, due, &error);
    if (!done) return (int)hook_result(error);
    if (timeout) *timeout = due_left(due);
    return (int)done;
}

HOOK int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    if (!green_may_park() || count == 0) return REAL(sendmmsg)(fd, messages, count, flags);
    if (count > UIO_MAXIOV) count = UIO_MAXIOV; /* as the kernel has it */
    for (unsigned done = 0; done < count; done++) {
        const struct msghdr *message = &messages[done].msg_hdr;
        long r = traffic_sent_message(fd, message, socket_send_message(fd, message, flags));
        if (r < 0) return done ? (int)done : (int)hook_result(r);
        messages[done].msg_len = (unsigned)r;
        if ((size_t)r < message_length(message)) return (int)done + 1;
    }
    return (int)count;
}
