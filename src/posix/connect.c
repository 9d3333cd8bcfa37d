/* connect and accept have no MSG_DONTWAIT: the descriptor is put into non-blocking mode for the
 * one call. The mode belongs to the open file, so another process that shares it may see an EAGAIN
 * in that moment; there is no other way to make the call without the risk of stopping the worker.
 */
#include "posix/blocking.h"
#include "posix/traffic.h"

/* Makes a call in non-blocking mode. */
#define WITHOUT_BLOCKING(fd, call)                                    \
    ({                                                                \
        long mode_ = sys(SYS_fcntl, fd, F_GETFL);                     \
        bool blocks_ = mode_ >= 0 && !(mode_ & O_NONBLOCK);           \
        if (blocks_) sys(SYS_fcntl, fd, F_SETFL, mode_ | O_NONBLOCK); \
        long made_ = (call);                                          \
        if (blocks_) sys(SYS_fcntl, fd, F_SETFL, mode_);              \
        made_;                                                        \
    })

/* Asking again is how the outcome is learnt; it also moves the socket into its connected state. */
static long connect_outcome(int fd, const struct sockaddr *to, socklen_t len) {
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLOUT);
    while (!blocking_is_ready(fd, POLLOUT)) {
        int error = blocking_wait(&call);
        if (error == BLOCKING_AS_LIBC) break;
        if (error == -EAGAIN) return -EINPROGRESS;
        if (error) return error;
    }
    if (GUARDED(false, guarded_is_late(fd))) return -ETIMEDOUT;
    long r = sys(SYS_connect, fd, to, len);
    return r == -EISCONN ? 0 : r;
}

/* The backlog of a unix socket is full. No event tells when there is room, and the socket itself
 * looks ready all the time. */
static long connect_to_full_backlog(int fd, const struct sockaddr *to, socklen_t len) {
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLOUT);
    call.has_waited = true;
    for (;;) {
        int error = blocking_wait(&call);
        if (error) return error;
        if (GUARDED(false, guarded_is_late(fd))) return -ETIMEDOUT;
        long r = WITHOUT_BLOCKING(fd, sys(SYS_connect, fd, to, len));
        if (r != -EAGAIN) return r;
    }
}

static long connect_socket(int fd, const struct sockaddr *to, socklen_t len) {
    long mode = sys(SYS_fcntl, fd, F_GETFL);
    if (mode < 0 || mode & O_NONBLOCK)
        return traffic_connecting(fd, to, len, sys(SYS_connect, fd, to, len));
    long r = traffic_connecting(fd, to, len, WITHOUT_BLOCKING(fd, sys(SYS_connect, fd, to, len)));
    if (r == -EINPROGRESS || r == -EALREADY)
        r = connect_outcome(fd, to, len);
    else if (r == -EAGAIN && to->sa_family == AF_UNIX)
        r = connect_to_full_backlog(fd, to, len);
    return r;
}

HOOK int connect(int fd, const struct sockaddr *to, socklen_t len) {
    if (!green_may_park()) return REAL(connect)(fd, to, len);
    long r = traffic_connects(fd, to, len);
    if (r == 0) r = traffic_connected(fd, connect_socket(fd, to, len));
    return (int)hook_result(r);
}

/* Any other socket refuses at once, also where its readiness would be long in coming. */
static bool is_listening(int fd) {
    int listens = 0;
    socklen_t len = sizeof listens;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens;
}

static long accept_waiting(int fd, struct sockaddr *peer, socklen_t *len, int flags) {
    struct blocking call = BLOCKING_ON_SOCKET(fd, POLLIN);
    bool listens = is_listening(fd);
    for (;;) {
        if (!listens || blocking_is_ready(fd, POLLIN)) {
            long r = WITHOUT_BLOCKING(fd, sys(SYS_accept4, fd, peer, len, flags));
            if (r != -EAGAIN) return r;
        }
        int error = blocking_wait(&call);
        if (error == BLOCKING_AS_LIBC) return sys_plain(SYS_accept4, fd, peer, len, flags);
        if (error) return error;
    }
}

HOOK int accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags) {
    if (!green_may_park() || flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
        return REAL(accept4)(fd, peer, len, flags);
    long accepted = accept_waiting(fd, peer, len, flags);
    if (accepted >= 0) fd_born((int)accepted);
    return (int)hook_result(accepted);
}

HOOK int accept(int fd, struct sockaddr *peer, socklen_t *len) {
    if (!green_may_park()) return REAL(accept)(fd, peer, len);
    return accept4(fd, peer, len, 0);
}

/* Sends until count bytes are out or the file ends, as the blocking call does. */
static long send_file(int out, int in, off_t *offset, size_t count) {
    long mode = sys(SYS_fcntl, out, F_GETFL);
    if (mode < 0 || mode & O_NONBLOCK) return sys_plain(SYS_sendfile, out, in, offset, count);
    struct blocking call = BLOCKING_ON_SOCKET(out, POLLOUT);
    size_t sent = 0;
    for (;;) {
        long r = WITHOUT_BLOCKING(out, sys(SYS_sendfile, out, in, offset, count - sent));
        if (r == -EAGAIN) {
            r = blocking_wait(&call);
            if (r == 0) continue;
            if (r == BLOCKING_AS_LIBC) r = sys_plain(SYS_sendfile, out, in, offset, count - sent);
        }
        if (r > 0) sent += (size_t)r;
        if (r <= 0 || sent == count) return sent ? (long)sent : r;
    }
}

HOOK ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
    if (!green_may_park()) return REAL(sendfile)(out, in, offset, count);
    long r = traffic_asks(out);
    if (r == 0) r = send_file(out, in, offset, count);
    return hook_result(traffic_sent_by_kernel(out, r));
}

HOOK ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
    __attribute__((alias("sendfile")));

HOOK ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t len,
                    unsigned flags) {
    if (!green_may_park()) return REAL(splice)(in, in_offset, out, out_offset, len, flags);
    long r = traffic_asks(out);
    if (r == 0 && flags & SPLICE_F_NONBLOCK)
        r = sys_plain(SYS_splice, in, in_offset, out, out_offset, len, flags);
    else if (r == 0)
        r = MOVED(sys_plain(SYS_splice, in, in_offset, out, out_offset, len, flags));
    return hook_result(traffic_sent_by_kernel(out, traffic_received_by_kernel(in, r)));
}
