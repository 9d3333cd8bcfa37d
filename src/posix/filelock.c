/* fcntl, and the locks on files: tried first, then waited for on another kernel task, as nothing
 * tells when one becomes free. Locks belong to the process or to the open file, never to the task.
 */
#include <stdarg.h>

#include "guard/guard.h"
#include "guard/guarded.h"
#include "posix/moved.h"

/* Of a try that has failed: somebody else has the lock. */
static bool is_taken(void) { return errno == EAGAIN || errno == EACCES; }

/* Evaluates wait, with errno as it was if it succeeds. */
#define LOCK_WAITING(wait, attempt)                                                     \
    ({                                                                                  \
        int saved_ = errno;                                                             \
        int locked_ = MOVED_OR_INTERRUPTED(wait, attempt, result_ == 0 || !is_taken()); \
        if (locked_ == 0) errno = saved_;                                               \
        locked_;                                                                        \
    })

static int duplicate(int fd, int command, long lowest) {
    long r = sys(SYS_fcntl, fd, command, lowest);
    if (r >= 0 && !in_vfork_child()) {
        fd_born((int)r);
        if (__builtin_expect(guards_on, 0)) guarded_duplicated(fd, (int)r);
    }
    return (int)hook_result(r);
}

static int lock_waiting(int fd, int command, int try_command, long lock) {
    if (!green_may_park()) return REAL(fcntl)(fd, command, lock);
    long r = sys(SYS_fcntl, fd, try_command, lock);
    if (r != -EAGAIN && r != -EACCES) return (int)hook_result(r);
    return LOCK_WAITING(REAL(fcntl)(fd, command, lock), REAL(fcntl)(fd, try_command, lock));
}

HOOK int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(fd, command, argument);
    case F_SETLKW:
        return lock_waiting(fd, F_SETLKW, F_SETLK, argument);
    case F_OFD_SETLKW:
        return lock_waiting(fd, F_OFD_SETLKW, F_OFD_SETLK, argument);
    default:
        return REAL(fcntl)(fd, command, argument);
    }
}

HOOK int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

HOOK int flock(int fd, int operation) {
    if (!green_may_park() || operation & LOCK_NB) return REAL(flock)(fd, operation);
    long r = sys(SYS_flock, fd, operation | LOCK_NB);
    if (r != -EWOULDBLOCK) return (int)hook_result(r);
    return LOCK_WAITING(REAL(flock)(fd, operation), REAL(flock)(fd, operation | LOCK_NB));
}

HOOK int lockf(int fd, int command, off_t len) {
    if (!green_may_park() || command != F_LOCK) return REAL(lockf)(fd, command, len);
    int saved = errno;
    if (REAL(lockf)(fd, F_TLOCK, len) == 0) return 0;
    if (!is_taken()) return -1;
    errno = saved;
    return LOCK_WAITING(REAL(lockf)(fd, command, len), REAL(lockf)(fd, F_TLOCK, len));
}

HOOK int lockf64(int fd, int command, off64_t len) __attribute__((alias("lockf")));
