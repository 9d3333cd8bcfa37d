#include "posix/blocking.h"

#include "posix/due.h"
#include "posix/signal.h"
#include "posix/traffic.h"

static int64_t time_limit(int fd, short events) {
    struct timeval limit;
    socklen_t len = sizeof limit;
    int option = events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
    if (sys(SYS_getsockopt, fd, SOL_SOCKET, option, &limit, &len) < 0) return NEVER;
    if (limit.tv_sec == 0 && limit.tv_usec == 0) return NEVER;
    struct timespec length = {limit.tv_sec, limit.tv_usec * NS_PER_US};
    return due_after(&length);
}

static int look_up(struct blocking *call) {
    long flags = sys(SYS_fcntl, call->fd, F_GETFL);
    if (flags < 0) return (int)flags;
    if (flags & O_NONBLOCK) return -EAGAIN;
    if ((flags & O_ACCMODE) == (call->events == POLLIN ? O_WRONLY : O_RDONLY)) return -EBADF;
    if (call->is_socket) call->due = time_limit(call->fd, call->events);
    call->looked_up = true;
    return 0;
}

enum { IN_VAIN_MAX = 3, PAUSE_NS = NS_PER_MS };

/* Some say EAGAIN for reasons that their readiness does not tell: a unix socket that sends to
 * another than its peer, whose queue is full. The clock keeps that from becoming a busy loop. */
static enum wait_result wait_once(struct blocking *call) {
    bool ready = call->has_waited && blocking_is_ready(call->fd, call->events);
    call->has_waited = true;
    call->in_vain = ready ? call->in_vain + 1 : 0;
    if (!ready) return fd_wait(call->fd, call->events, call->due);
    if (call->in_vain < IN_VAIN_MAX) return WAIT_RETRY;
    int64_t next = clock_after(PAUSE_NS);
    enum wait_result result = time_wait(next < call->due ? next : call->due);
    return result == WAIT_TIMED_OUT && next < call->due ? WAIT_RETRY : result;
}

int blocking_wait(struct blocking *call) {
    if (call->ended_by) return -call->ended_by;
    int error = call->looked_up ? 0 : look_up(call);
    if (error == -EAGAIN && fault_owes_event(call->fd)) return 0;
    if (error) return error;
    unsigned seen = signal_interrupting();
    bool stale = traffic_awaits(call->fd, call->events);
    enum wait_result result = stale ? WAIT_RETRY : wait_once(call);
    traffic_awaited(call->fd, call->events);
    switch (result) {
    case WAIT_RETRY:
        return 0;
    case WAIT_CLOSED:
        return -EBADF;
    case WAIT_UNPOLLABLE:
        return BLOCKING_AS_LIBC;
    case WAIT_TIMED_OUT:
        call->ended_by = EAGAIN;
        break;
    case WAIT_EXPIRED:
        call->ended_by = green_expiry_errno(green_self());
        break;
    case WAIT_INTERRUPTED:
        /* A call with a time limit is not restarted, see signal(7). */
        if (call->due != NEVER || seen != signal_interrupting()) call->ended_by = EINTR;
        break;
    }
    return 0;
}

long blocking_look(struct pollfd *fds, nfds_t count) {
    struct timespec at_once = {0, 0};
    long r = sys(SYS_ppoll, fds, count, &at_once, NULL, 0);
    return r == -EINTR ? 0 : r;
}

bool blocking_is_ready(int fd, short events) {
    struct pollfd entry = {fd, events, 0};
    return blocking_look(&entry, 1) != 0;
}
