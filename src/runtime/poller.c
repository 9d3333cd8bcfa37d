#include "runtime/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "base/sys.h"

enum { OUT_OF_THE_WAY = 900 };

const struct poller *poller = &poller_epoll;
static int wake_fd = -1;

/* Applications like low numbers to be theirs, and some close all they do not know. */
static int move_up(int fd) {
    long moved = sys(SYS_fcntl, fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    if (moved < 0) return fd;
    sys(SYS_close, fd);
    return (int)moved;
}

int poller_open(enum poller_kind kind) {
    struct poller *chosen = kind == POLLER_POLL ? &poller_poll_backend : &poller_epoll;
    long fd = sys(SYS_eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        errno = (int)-fd;
        return -1;
    }
    wake_fd = move_up((int)fd);
    poller = chosen;
    if (chosen->open(wake_fd) < 0) return -1;
    if (chosen->fd >= 0) chosen->fd = move_up(chosen->fd);
    return 0;
}

void poller_kick(void) {
    uint64_t one = 1;
    sys(SYS_write, wake_fd, &one, sizeof one);
}

void poller_forget_wake(void) { wake_fd = -1; }

bool poller_owns(int fd) { return fd >= 0 && (fd == wake_fd || fd == poller->fd); }
