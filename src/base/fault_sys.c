/* What may go wrong with each raw system call. Nothing that the kernel would not do: a call that
 * cannot wait is not interrupted, a datagram does not come in pieces, and who asks to be told of
 * readiness is told. */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "base/fault.h"
#include "base/sys.h"

/* What is smaller than WHOLE comes in one piece: so it does in practice, and programs rely on it.
 */
enum { VECTOR_MAX = 16, WHOLE = 16 };

static int socket_type(int fd) {
    int type = 0;
    socklen_t len = sizeof type;
    return sys_plain(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ? 0 : type;
}

static bool is_pipe(int fd) {
    struct stat status;
    return sys_plain(SYS_fstat, fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Says EAGAIN, for what the caller will ask for again. */
static bool is_delayed(int fd) {
    if (!fault(FAULT_EAGAIN)) return false;
    fault_owe_event(fd);
    return true;
}

/* How much to ask for of the len bytes that there are. */
static long shorten(int fd, long len) {
    if (len <= WHOLE || !fault(FAULT_SHORT)) return len;
    fault_owe_event(fd);
    return WHOLE - 1 + (long)fault_part((uint64_t)(len - WHOLE));
}

/* The same for a buffer that what has come is read into. */
static long shorten_reading(int fd, long len) {
    int come = 0;
    if (!fault_is_on(FAULT_SHORT) || sys_plain(SYS_ioctl, fd, FIONREAD, &come) < 0) return len;
    long there = come < len ? come : len;
    return there > WHOLE ? shorten(fd, there) : len;
}

/* The same for a vector. Returns its new length. */
static size_t shorten_vector(int fd, struct iovec *vector, size_t count,
                             long (*shorter)(int fd, long len)) {
    size_t total = 0, used = 0;
    for (size_t i = 0; i < count; i++) total += vector[i].iov_len;
    size_t left = (size_t)shorter(fd, (long)total);
    for (; used < count && left > 0; used++) {
        if (vector[used].iov_len > left) vector[used].iov_len = left;
        left -= vector[used].iov_len;
    }
    return used;
}

/* Reads what the application points at. Returns false if that is nowhere, which is for the kernel
 * to say. */
static bool copy_in(void *copy, const void *from, size_t len) {
    struct iovec here = {copy, len}, there = {(void *)from, len};
    long pid = sys_plain(SYS_getpid);
    return sys_plain(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) == (long)len;
}

/* What connects first says EINPROGRESS. */
static bool may_be_delayed(long flags) { return flags & MSG_DONTWAIT && !(flags & MSG_FASTOPEN); }

static long transfer(long n, long fd, long data, long len, long flags, long peer, long peer_len) {
    int type = may_be_delayed(flags) && len > 0 ? socket_type((int)fd) : 0;
    if (type && is_delayed((int)fd)) return -EAGAIN;
    if (type == SOCK_STREAM && !(flags & MSG_OOB))
        len = n == SYS_recvfrom ? shorten_reading((int)fd, len) : shorten((int)fd, len);
    return sys6(n, fd, data, len, flags, peer, peer_len);
}

static long transfer_message(long n, long fd, struct msghdr *message, long flags) {
    struct msghdr part;
    struct iovec copy[VECTOR_MAX];
    if (!copy_in(&part, message, sizeof part)) return sys_plain(n, fd, message, flags);
    size_t count = part.msg_iovlen;
    int type = may_be_delayed(flags) && count > 0 ? socket_type((int)fd) : 0;
    if (type && is_delayed((int)fd)) return -EAGAIN;
    if (type != SOCK_STREAM || flags & MSG_OOB || count > VECTOR_MAX ||
        !copy_in(copy, part.msg_iov, count * sizeof *copy))
        return sys_plain(n, fd, message, flags);
    struct iovec *vector = part.msg_iov;
    part.msg_iov = copy;
    part.msg_iovlen =
        shorten_vector((int)fd, copy, count, n == SYS_recvmsg ? shorten_reading : shorten);
    long result = sys_plain(n, fd, &part, flags);
    if (n != SYS_recvmsg || result < 0) return result;
    *message = part;
    message->msg_iov = vector;
    message->msg_iovlen = count;
    return result;
}

/* read without waiting, from a pipe. */
static long read_some(long fd, const struct iovec *vector, long count, long low, long high,
                      long flags) {
    struct iovec copy[VECTOR_MAX];
    if (!is_pipe((int)fd) || count > VECTOR_MAX ||
        !copy_in(copy, vector, (size_t)count * sizeof *copy))
        return sys_plain(SYS_preadv2, fd, vector, count, low, high, flags);
    if (is_delayed((int)fd)) return -EAGAIN;
    size_t used = shorten_vector((int)fd, copy, (size_t)count, shorten_reading);
    return sys_plain(SYS_preadv2, fd, copy, used, low, high, flags);
}

static long wait_for_word(long word, long operation, long value, long time, long second,
                          long bits) {
    int command = (int)operation & FUTEX_CMD_MASK;
    bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
    if (waits && fault(FAULT_SPURIOUS)) return 0;
    if (waits && fault(FAULT_EINTR)) return -EINTR;
    return sys6(SYS_futex, word, operation, value, time, second, bits);
}

/* Even one that does not wait is interrupted, by a signal that is pending, if it has nothing to
 * report. */
static long look(long fds, long count, long time, long mask, long size) {
    const struct timespec *limit = (const struct timespec *)time;
    bool waits = !limit || limit->tv_sec || limit->tv_nsec;
    if (waits && fault(FAULT_EINTR)) return -EINTR;
    long result = sys_plain(SYS_ppoll, fds, count, time, mask, size);
    return result == 0 && !waits && fault(FAULT_EINTR) ? -EINTR : result;
}

long fault_sys(long n, long a, long b, long c, long d, long e, long f) {
    switch (n) {
    case SYS_recvfrom:
    case SYS_sendto:
        return transfer(n, a, b, c, d, e, f);
    case SYS_recvmsg:
    case SYS_sendmsg:
        return transfer_message(n, a, (struct msghdr *)b, c);
    case SYS_preadv2:
        return read_some(a, (const struct iovec *)b, c, d, e, f);
    case SYS_sendfile:
        if (socket_type((int)a) && is_delayed((int)a)) return -EAGAIN;
        d = shorten((int)a, d);
        break;
    case SYS_accept4:
        if (socket_type((int)a) && is_delayed((int)a)) return -EAGAIN;
        break;
    case SYS_futex:
        return wait_for_word(a, b, c, d, e, f);
    case SYS_ppoll:
        return look(a, b, c, d, e);
    case SYS_epoll_pwait:
        if (d != 0 && fault(FAULT_EINTR)) return -EINTR;
        break;
    case SYS_epoll_pwait2:
        if (fault(FAULT_EINTR)) return -EINTR;
        break;
    case SYS_pidfd_open:
    case SYS_signalfd4:
        if (fault(FAULT_EMFILE)) return -EMFILE;
        break;
    default:
        break;
    }
    return sys6(n, a, b, c, d, e, f);
}
