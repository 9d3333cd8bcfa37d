#include "guard/guarded.h"

#include <errno.h>

#include "base/sys.h"
#include "guard/held.h"
#include "runtime/park.h"

/* How long a turn is waited for where no timeout says it. */
#define TURN_TIME (30 * (int64_t)NS_PER_S)

static int64_t due_of(int64_t timeout) { return clock_after(timeout ? timeout : TURN_TIME); }

static bool is_stream(int fd) {
    int type = 0;
    socklen_t len = sizeof type;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Does that say something of the downstream? */
static bool is_its_fault(long error) {
    switch (-error) {
    case EAGAIN: /* connect(2): the backlog of a unix socket is full */
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOENT: /* nobody listens at that path */
    case EPIPE:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* ---- connecting ---- */

/* It is not to be: the place is free again, and the socket may be connected anew. */
static void give_up(struct held *held, int fd, long error) {
    if (is_its_fault(error)) held_failed(held);
    held->state = HELD_FAILED;
    fd_untie(fd);
}

/* A stream that is not connected yet, and whose number is not too high. */
static bool is_for_guards(int fd) {
    return is_stream(fd) && !held_has_peer(fd) && fd_tie_set(fd, 0);
}

static int enter(struct guard *guard, int fd) {
    bool is_probe;
    int64_t due = due_of(guard->policy->connect_timeout);
    int error = guard_admit(guard, fd, due, &is_probe);
    if (error) return error;
    if (held_begin(guard, fd, is_probe, due)) return 0;
    turns_give_back(&guard->connections);
    return ENOBUFS;
}

long guarded_connect(int fd, const struct sockaddr *to, socklen_t len) {
    struct green *self = green_self();
    sched_enter(self);
    int error = 0;
    struct held *held = held_find(fd);
    if (held && held->is_late) {
        give_up(held, fd, -ETIMEDOUT);
        error = ETIMEDOUT;
    } else if (!held && is_for_guards(fd)) {
        struct guard *guard = guard_find(downstream_connecting(fd, to, len), to);
        if (guard) error = enter(guard, fd);
    }
    sched_leave(self);
    return -error;
}

/* By the deadline of the green thread, or because it was told to: the kernel goes on, until the
 * socket is closed. */
static bool goes_on(long error) {
    return error == -EINPROGRESS || error == -EALREADY || error == -EINTR || error == -ECANCELED ||
           (error == -ETIMEDOUT && green_expires(green_self()) <= clock_now());
}

static long outcome(struct held *held, int fd, long result) {
    if (held->is_late) result = -ETIMEDOUT;
    if (result == 0 || result == -EISCONN)
        held_connected(held);
    else if (held->is_late || !goes_on(result))
        give_up(held, fd, result);
    return result;
}

long guarded_connected(int fd, long result) {
    struct green *self = green_self();
    sched_enter(self);
    struct held *held = held_find(fd);
    if (held && (held->state == HELD_CONNECTING || held->is_late))
        result = outcome(held, fd, result);
    sched_leave(self);
    return result;
}

bool guarded_is_late(int fd) {
    struct green *self = green_self();
    sched_enter(self);
    const struct held *held = held_find(fd);
    bool is_late = held && held->is_late;
    sched_leave(self);
    return is_late;
}

/* 0 is said as well of a connection that is not made yet. */
int guarded_error(int fd, int error) {
    struct green *self = green_self();
    sched_enter(self);
    struct held *held = held_find(fd);
    bool is_connecting = held && held->state == HELD_CONNECTING;
    if (held && held->is_late) error = ETIMEDOUT;
    if (is_connecting && error)
        give_up(held, fd, -error);
    else if (is_connecting && held_has_peer(fd))
        held_connected(held);
    sched_leave(self);
    return error;
}

/* ---- calls ---- */

/* Whoever does not ask for the outcome of connecting sees that it can send. */
static void look_whether_connected(struct held *held, int fd) {
    if (held->state == HELD_CONNECTING && held_has_peer(fd)) held_connected(held);
}

static bool is_about_to_ask(const struct held *held) {
    return (held->state == HELD_NEW || held->state == HELD_IDLE) && !held->is_calling;
}

/* While it waits, somebody else may have sent something, or the number may have become that of
 * another connection. */
static int ask(struct held *held, int fd) {
    struct guard *guard = held->guard;
    int error = guard_admit_call(guard, fd, due_of(guard->policy->read_timeout));
    if (error) return error;
    if (held_find(fd) == held && is_about_to_ask(held))
        held->is_calling = true;
    else
        turns_give_back(&guard->calls);
    return 0;
}

long guarded_ask(int fd) {
    struct green *self = green_self();
    int error = 0;
    if (!fd_tie(fd)) return 0;
    sched_enter(self);
    struct held *held = held_find(fd);
    if (held) {
        look_whether_connected(held, fd);
        if (held->is_late)
            error = ETIMEDOUT;
        else if (held->guard->policy->max_calls && is_about_to_ask(held))
            error = ask(held, fd);
    }
    sched_leave(self);
    return -error;
}

/* An idle connection may have been ended long ago: that is no failure. */
static bool is_expected(const struct held *held) {
    return held->state == HELD_NEW || held->state == HELD_ASKED;
}

static long sent(struct held *held, long result) {
    if (held->state == HELD_CONNECTING) return result;
    if (result > 0 && held->state != HELD_FAILED) {
        held_asked(held);
        return result;
    }
    if (held->state != HELD_ASKED) held_end_call(held);
    if (result == -EPIPE || result == -ECONNRESET) {
        if (is_expected(held)) held_failed(held);
        if (held->is_late) return -ETIMEDOUT;
    }
    return result;
}

long guarded_sent(int fd, long result) {
    struct green *self = green_self();
    if (!fd_tie(fd)) return result;
    sched_enter(self);
    struct held *held = held_find(fd);
    if (held) result = sent(held, result);
    sched_leave(self);
    return result;
}

/* 0 is the end, or of a call that has asked for nothing. */
static long received(struct held *held, int fd, long result) {
    look_whether_connected(held, fd);
    if (result > 0 && held->state != HELD_FAILED && held->state != HELD_CONNECTING)
        held_answered(held);
    else if (result == 0 && held->is_late)
        return -ETIMEDOUT;
    else if (result == -ECONNRESET || (result == 0 && held_has_event(fd, POLLRDHUP | POLLHUP)))
        if (is_expected(held)) held_failed(held);
    return result;
}

long guarded_received(int fd, long result) {
    struct green *self = green_self();
    if (!fd_tie(fd)) return result;
    sched_enter(self);
    struct held *held = held_find(fd);
    if (held) result = received(held, fd, result);
    sched_leave(self);
    return result;
}

bool guarded_awaits(int fd) {
    struct green *self = green_self();
    if (!fd_tie(fd)) return false;
    bool stale = sched_enter(self);
    struct held *held = held_find(fd);
    if (held && held->state != HELD_CONNECTING && held->state != HELD_FAILED) {
        held->is_awaited = true;
        if (!held_has_time(held)) held_start_time(held);
    }
    sched_leave(self);
    return stale;
}

void guarded_awaited(int fd) {
    struct green *self = green_self();
    if (!fd_tie(fd)) return;
    sched_enter(self);
    struct held *held = held_find(fd);
    if (held && (held->state == HELD_NEW || held->state == HELD_IDLE)) held_stop_time(held);
    sched_leave(self);
}

void guarded_duplicated(int from, int to) {
    struct held *held = held_find(from);
    if (held) held_join(held, to);
}
