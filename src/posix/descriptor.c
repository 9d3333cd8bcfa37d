/* Reading and writing descriptors of any kind. Which kind it is, the first try tells: sockets are
 * what most waiting is done on, so they come first; what is none falls through with ENOTSOCK. */
#include <limits.h>
#include <sys/stat.h>

#include "posix/blocking.h"
#include "posix/memory.h"
#include "posix/socket.h"
#include "posix/traffic.h"

/* File type bits of st_mode; 0 for the nameless kinds (eventfd, timerfd, inotify ...). */
static mode_t kind_of(int fd) {
    struct stat status;
    return fstat(fd, &status) ? S_IFREG : status.st_mode & S_IFMT;
}

/* Of these the kernel never says "not ready": they take the time the disk takes. */
static bool is_stored(mode_t kind) { return kind == S_IFREG || kind == S_IFDIR || kind == S_IFBLK; }

/* RWF_NOWAIT is known to pipes since Linux 6.4; before, and for most devices, it is EOPNOTSUPP, and
 * a look at the readiness has to do. Then another reader may be faster, and the read waits in the
 * kernel as it would in a thread. */
static long read_other(int fd, const struct iovec *vector, int count) {
    if (is_stored(kind_of(fd))) return sys(SYS_readv, fd, vector, count);
    struct blocking call = BLOCKING_ON(fd, POLLIN);
    for (;;) {
        long r = sys(SYS_preadv2, fd, vector, count, -1, -1, RWF_NOWAIT);
        if (r == -EOPNOTSUPP || r == -ENOSYS) {
            if (blocking_is_ready(fd, POLLIN)) return sys(SYS_readv, fd, vector, count);
        } else if (r != -EAGAIN) {
            return r;
        }
        int error = blocking_wait(&call);
        if (error == BLOCKING_AS_LIBC || (error == -EAGAIN && !call.looked_up))
            return sys(SYS_readv, fd, vector, count);
        if (error) return error;
    }
}

static size_t vector_length(const struct iovec *vector, int count) {
    size_t len = 0;
    for (int i = 0; i < count; i++) len += vector[i].iov_len;
    return len;
}

enum { PIPE_PIECE = 4096 };

/* A pipe that is ready takes one piece of PIPE_BUF bytes without waiting. Non-blocking ones are
 * left to the kernel, and so is the end that cannot be written: it would never become ready. */
static bool takes_pieces(int fd, mode_t kind) {
    long mode = sys(SYS_fcntl, fd, F_GETFL);
    return kind == S_IFIFO && mode >= 0 && !(mode & O_NONBLOCK) && (mode & O_ACCMODE) != O_RDONLY;
}

/* Returns 0 when a piece can be written, or a negated errno. */
static long pipe_await(struct blocking *call) {
    while (!blocking_is_ready(call->fd, POLLOUT)) {
        int error = blocking_wait(call);
        if (error) return error == BLOCKING_AS_LIBC ? 0 : error;
    }
    return 0;
}

static long pipe_write(struct blocking *call, const char *data, size_t len) {
    size_t written = 0;
    while (written < len) {
        size_t piece = len - written < PIPE_PIECE ? len - written : PIPE_PIECE;
        long r = pipe_await(call);
        if (r == 0) r = sys(SYS_write, call->fd, data + written, piece);
        if (r < 0) return written ? (long)written : r;
        written += (size_t)r;
    }
    return (long)written;
}

/* Up to PIPE_BUF bytes stay together, whoever else writes. */
static long pipe_writev(struct blocking *call, const struct iovec *vector, int count) {
    size_t total = 0;
    if (vector_length(vector, count) <= PIPE_PIECE) {
        long error = pipe_await(call);
        return error ? error : sys(SYS_writev, call->fd, vector, count);
    }
    for (int i = 0; i < count; i++) {
        long r = pipe_write(call, vector[i].iov_base, vector[i].iov_len);
        if (r < 0) return total ? (long)total : r;
        total += (size_t)r;
        if ((size_t)r < vector[i].iov_len) break;
    }
    return (long)total;
}

/* Others that may be full: an eventfd whose counter is, a terminal whose reader is slow. */
static bool may_be_full(mode_t kind) { return kind == 0 || kind == S_IFCHR; }

static long write_other(int fd, const struct iovec *vector, int count) {
    mode_t kind = kind_of(fd);
    struct blocking call = BLOCKING_ON(fd, POLLOUT);
    if (takes_pieces(fd, kind)) return pipe_writev(&call, vector, count);
    while (may_be_full(kind) && !blocking_is_ready(fd, POLLOUT)) {
        int error = blocking_wait(&call);
        if (error == BLOCKING_AS_LIBC || (error == -EAGAIN && !call.looked_up)) break;
        if (error) return error;
    }
    return sys(SYS_writev, fd, vector, count);
}

/* A read of nothing returns 0 even on a socket without data; recv would wait. */
HOOK ssize_t read(int fd, void *buffer, size_t len) {
    if (!green_may_park() || len == 0) return REAL(read)(fd, buffer, len);
    long r = traffic_received(fd, socket_receive(fd, buffer, len, 0, NULL, NULL));
    if (r == -ENOTSOCK) r = read_other(fd, &(struct iovec){buffer, len}, 1);
    return hook_result(r);
}

HOOK ssize_t __read_chk(int fd, void *buffer, size_t len, size_t room) {
    if (len > room) return REAL(__read_chk)(fd, buffer, len, room);
    return read(fd, buffer, len);
}

HOOK ssize_t write(int fd, const void *data, size_t len) {
    if (!green_may_park() || len == 0) return REAL(write)(fd, data, len);
    long r = traffic_sent(fd, data, socket_send(fd, data, len, 0, NULL, 0));
    if (r == -ENOTSOCK) r = write_other(fd, &(struct iovec){(void *)data, len}, 1);
    return hook_result(r);
}

/* Is there anything to transfer? If not, or if the vector is bad, libc's call does not wait. */
static bool has_length(const struct iovec *vector, int count) {
    return count > 0 && count <= IOV_MAX && is_readable(vector, (size_t)count * sizeof *vector) &&
           vector_length(vector, count) > 0;
}

HOOK ssize_t readv(int fd, const struct iovec *vector, int count) {
    if (!green_may_park() || !has_length(vector, count)) return REAL(readv)(fd, vector, count);
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
    long r = traffic_received(fd, socket_receive_message(fd, &message, 0));
    if (r == -ENOTSOCK) r = read_other(fd, vector, count);
    return hook_result(r);
}

HOOK ssize_t writev(int fd, const struct iovec *vector, int count) {
    if (!green_may_park() || !has_length(vector, count)) return REAL(writev)(fd, vector, count);
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
    long r = traffic_sent_vector(fd, vector, socket_send_message(fd, &message, 0));
    if (r == -ENOTSOCK) r = write_other(fd, vector, count);
    return hook_result(r);
}

/* The disk's time is not the worker's. */
HOOK int fsync(int fd) {
    if (!green_may_park()) return REAL(fsync)(fd);
    return MOVED(REAL(fsync)(fd));
}

HOOK int fdatasync(int fd) {
    if (!green_may_park()) return REAL(fdatasync)(fd);
    return MOVED(REAL(fdatasync)(fd));
}
