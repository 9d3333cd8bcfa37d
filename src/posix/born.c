/* The life of descriptor numbers, told to the runtime: which were made here, which end here.
 *
 * Being told is what makes the poller's registration of a number trustworthy: it cannot vanish
 * unless every descriptor of that open file is closed, or it is removed, and both pass through
 * here. A duplicate is a number of its own with a registration of its own, which the closing of the
 * original leaves alone: so it is born like any other. A number made behind our back (by fopen, or
 * in the ancillary data of a message) finds no trust, since its last life ended in fd_closing. */
#include <stdarg.h>
#include <sys/resource.h>

#include "guard/guard.h"
#include "guard/guarded.h"
#include "posix/hook.h"

static int born(long fd) {
    if (fd >= 0 && !in_vfork_child()) fd_born((int)fd);
    return (int)hook_result(fd);
}

/* What is known of the connection holds for its other descriptor, too. */
static int duplicated(int from, long to) {
    int fd = born(to);
    if (fd >= 0 && __builtin_expect(guards_on, 0) && !in_vfork_child())
        guarded_duplicated(from, fd);
    return fd;
}

static int born_pair(long result, const int fds[2]) {
    if (result == 0 && !in_vfork_child()) {
        fd_born(fds[0]);
        fd_born(fds[1]);
    }
    return (int)hook_result(result);
}

static int unknown(int fd) {
    if (fd >= 0 && !in_vfork_child()) fd_unknown(fd);
    return fd;
}

static bool is_protected(int fd) { return !in_vfork_child() && fd_is_ours(fd); }

static void closing(int fd) {
    if (!in_vfork_child()) fd_closing(fd);
}

HOOK int socket(int domain, int type, int protocol) {
    return born(sys(SYS_socket, domain, type, protocol));
}

HOOK int socketpair(int domain, int type, int protocol, int fds[2]) {
    return born_pair(sys(SYS_socketpair, domain, type, protocol, fds), fds);
}

HOOK int pipe2(int fds[2], int flags) { return born_pair(sys(SYS_pipe2, fds, flags), fds); }

HOOK int pipe(int fds[2]) { return pipe2(fds, 0); }

HOOK int eventfd(unsigned count, int flags) { return born(sys(SYS_eventfd2, count, flags)); }

HOOK int timerfd_create(clockid_t clock, int flags) {
    return born(sys(SYS_timerfd_create, clock, flags));
}

/* A new one for fd -1; else only its set of signals is changed. */
HOOK int signalfd(int fd, const sigset_t *signals, int flags) {
    long r = sys_plain(SYS_signalfd4, fd, signals, _NSIG / 8, flags);
    return fd < 0 ? born(r) : (int)hook_result(r);
}

HOOK int inotify_init1(int flags) { return born(sys(SYS_inotify_init1, flags)); }

HOOK int inotify_init(void) { return inotify_init1(0); }

HOOK int epoll_create1(int flags) { return born(sys(SYS_epoll_create1, flags)); }

HOOK int epoll_create(int size) {
    if (size <= 0) return (int)hook_result(-EINVAL);
    return epoll_create1(0);
}

HOOK int dup(int fd) { return duplicated(fd, sys(SYS_dup, fd)); }

HOOK int dup3(int from, int to, int flags) {
    if (from == to || flags & ~O_CLOEXEC) return (int)hook_result(-EINVAL);
    if (is_protected(to)) return (int)hook_result(-EBADF);
    long error = sys(SYS_fcntl, from, F_GETFD);
    if (error < 0) return (int)hook_result(error);
    closing(to);
    return duplicated(from, sys(SYS_dup3, from, to, flags));
}

HOOK int dup2(int from, int to) {
    if (from != to) return dup3(from, to, 0);
    long error = sys(SYS_fcntl, from, F_GETFD);
    return error < 0 ? (int)hook_result(error) : to;
}

HOOK int close(int fd) {
    if (is_protected(fd)) return (int)hook_result(-EBADF);
    closing(fd);
    return REAL(close)(fd);
}

static unsigned highest_possible(void) {
    struct rlimit limit;
    if (sys(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0) return 0;
    return limit.rlim_cur > ~0u ? ~0u : (unsigned)limit.rlim_cur;
}

/* Leaves out the runtime's own, by closing what is between them. */
HOOK int close_range(unsigned first, unsigned last, int flags) {
    if (!runtime_on || in_vfork_child() || first > last || flags & CLOSE_RANGE_CLOEXEC)
        return (int)hook_result(sys(SYS_close_range, first, last, flags));
    unsigned end = highest_possible() < last ? highest_possible() : last;
    for (unsigned fd = first; fd <= end; fd++) {
        if (!fd_is_ours((int)fd)) {
            fd_closing((int)fd);
            continue;
        }
        if (first < fd) {
            long r = sys(SYS_close_range, first, fd - 1, flags);
            if (r < 0) return (int)hook_result(r);
        }
        first = fd + 1;
    }
    if (first > last) return 0;
    return (int)hook_result(sys(SYS_close_range, first, last, flags));
}

HOOK void closefrom(int lowest) { close_range(lowest < 0 ? 0 : (unsigned)lowest, ~0u, 0); }

/* Opening a FIFO may wait for its other end in the kernel: then the worker waits too. */
#define MODE_OF(flags, last)                                    \
    ({                                                          \
        mode_t mode_ = 0;                                       \
        if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
            va_list rest_;                                      \
            va_start(rest_, last);                              \
            mode_ = va_arg(rest_, mode_t);                      \
            va_end(rest_);                                      \
        }                                                       \
        mode_;                                                  \
    })

HOOK int open(const char *path, int flags, ...) {
    return unknown(REAL(open)(path, flags, MODE_OF(flags, flags)));
}

HOOK int openat(int dir, const char *path, int flags, ...) {
    return unknown(REAL(openat)(dir, path, flags, MODE_OF(flags, flags)));
}

HOOK int creat(const char *path, mode_t mode) { return unknown(REAL(creat)(path, mode)); }

HOOK int memfd_create(const char *name, unsigned flags) {
    return unknown((int)hook_result(sys(SYS_memfd_create, name, flags)));
}

/* Fortified callers: libc checks that no mode is missing. */
HOOK int __open_2(const char *path, int flags) { return unknown(REAL(__open_2)(path, flags)); }
HOOK int __openat_2(int dir, const char *path, int flags) {
    return unknown(REAL(__openat_2)(dir, path, flags));
}

HOOK int open64(const char *path, int flags, ...) __attribute__((alias("open")));
HOOK int openat64(int dir, const char *path, int flags, ...) __attribute__((alias("openat")));
HOOK int creat64(const char *path, mode_t mode) __attribute__((alias("creat")));
HOOK int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
HOOK int __openat64_2(int dir, const char *path, int flags) __attribute__((alias("__openat_2")));
