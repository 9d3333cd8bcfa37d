/* Waiting for several descriptors at once: looked at without waiting, then waited for by the
 * runtime, then looked at again. An epoll descriptor of the application is a descriptor like
 * others, readable when it has events. */
#include <stdlib.h>
#include <string.h>

#include "posix/blocking.h"
#include "posix/due.h"
#include "posix/memory.h"
#include "posix/signal.h"
#include "posix/traffic.h"

/* What a wait leaves to do: 0 to look once more, a negated errno to fail with if there is still
 * nothing, LAST_LOOK to return nothing then. */
enum { LAST_LOOK = 1 };

static int after_wait(enum wait_result result) {
    switch (result) {
    case WAIT_TIMED_OUT:
        return LAST_LOOK;
    case WAIT_EXPIRED:
        return -green_expiry_errno(green_self());
    case WAIT_INTERRUPTED:
        return -EINTR;
    case WAIT_RETRY:
    case WAIT_CLOSED:
    case WAIT_UNPOLLABLE:
        break;
    }
    return 0;
}

static bool is_valid_limit(const struct timespec *timeout) {
    return !timeout || (is_readable(timeout, sizeof *timeout) && due_is_valid(timeout));
}

/* As traffic_awaits. */
static bool await_answers(const struct pollfd *fds, nfds_t count) {
    bool stale = false;
    for (nfds_t i = 0; guards_on && i < count; i++)
        stale |= traffic_awaits(fds[i].fd, fds[i].events);
    return stale;
}

/* An entry that asks for nothing still reports errors and hang-ups, which fd_wait_many sees to. */
static long poll_until(struct green *self, struct pollfd *fds, nfds_t count, int64_t due,
                       const sigset_t *mask) {
    struct signal_swap swap;
    signal_swap_begin(&swap, mask);
    int end = 0;
    long r;
    while ((r = blocking_look(fds, count)) == 0 && !end) {
        if (signal_swap_interrupted(&swap, self)) {
            r = -EINTR;
            break;
        }
        bool stale = await_answers(fds, count);
        enum wait_result result = stale ? WAIT_RETRY : fd_wait_many(fds, count, due);
        for (nfds_t i = 0; guards_on && i < count; i++) traffic_awaited(fds[i].fd, fds[i].events);
        if (result == WAIT_UNPOLLABLE) {
            int64_t left = due == NEVER ? 0 : due - clock_now();
            struct timespec length = {left / NS_PER_S, left % NS_PER_S};
            r = MOVED(sys_plain(SYS_ppoll, fds, count, due == NEVER ? NULL : &length, NULL, 0));
            break;
        }
        end = after_wait(result);
    }
    signal_swap_end(&swap);
    return r == 0 && end < 0 ? end : r;
}

HOOK int poll(struct pollfd *fds, nfds_t count, int timeout) {
    struct green *self = timeout == 0 ? NULL : green_may_park();
    if (!self) return REAL(poll)(fds, count, timeout);
    long r = blocking_look(fds, count);
    if (r == 0) r = poll_until(self, fds, count, due_after_ms(timeout), NULL);
    return (int)hook_result(r);
}

HOOK int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
               const sigset_t *mask) {
    struct green *self = green_may_park();
    if (!self || !is_valid_limit(timeout)) return REAL(ppoll)(fds, count, timeout, mask);
    return (int)hook_result(poll_until(self, fds, count, due_after(timeout), mask));
}

HOOK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) {
    if (room / sizeof *fds < count) return REAL(__poll_chk)(fds, count, timeout, room);
    return poll(fds, count, timeout);
}

HOOK int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                     const sigset_t *mask, size_t room) {
    if (room / sizeof *fds < count) return REAL(__ppoll_chk)(fds, count, timeout, mask, room);
    return ppoll(fds, count, timeout, mask);
}

/* ---- select ---- */

/* A select in the form of poll: events POLLIN, POLLOUT and POLLPRI stand for the three sets. The
 * sets may be longer than fd_set says, as the kernel allows. */
struct selection {
    int limit;
    unsigned long *sets[3];
    struct pollfd *fds, few[64];
    nfds_t count;
};

static const short set_events[3] = {POLLIN, POLLOUT, POLLPRI};

/* What makes a descriptor count as ready in each set: as the kernel's fs/select.c has it. */
static const short set_ready[3] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI};

enum { BITS = 8 * sizeof(unsigned long) };

static short selected(const struct selection *s, int fd) {
    short events = 0;
    for (int i = 0; i < 3; i++)
        if (s->sets[i] && s->sets[i][fd / BITS] >> (fd % BITS) & 1) events |= set_events[i];
    return events;
}

/* Returns 0, or -ENOMEM. The one hook that allocates: for more than 64 descriptors. */
static int selection_init(struct selection *s) {
    nfds_t count = 0;
    for (int fd = 0; fd < s->limit; fd++) count += selected(s, fd) != 0;
    s->fds = s->few;
    if (count > sizeof s->few / sizeof *s->few) s->fds = malloc(count * sizeof *s->fds);
    if (!s->fds) return -ENOMEM;
    s->count = 0;
    for (int fd = 0; fd < s->limit; fd++) {
        short events = selected(s, fd);
        if (events) s->fds[s->count++] = (struct pollfd){fd, events, 0};
    }
    return 0;
}

static bool selection_has_invalid(const struct selection *s) {
    for (nfds_t i = 0; i < s->count; i++)
        if (s->fds[i].revents & POLLNVAL) return true;
    return false;
}

/* Leaves the ready ones in the sets, and nothing in the last word that is past the limit. Returns
 * how many bits stand there. */
static int selection_report(struct selection *s) {
    int ready = 0;
    for (int i = 0; i < 3; i++)
        if (s->sets[i] && s->limit % BITS)
            s->sets[i][s->limit / BITS] &= (1ul << (s->limit % BITS)) - 1;
    for (nfds_t n = 0; n < s->count; n++) {
        struct pollfd *entry = &s->fds[n];
        for (int i = 0; i < 3; i++) {
            if (!s->sets[i] || !(entry->events & set_events[i])) continue;
            if (entry->revents & set_ready[i])
                ready++;
            else
                s->sets[i][entry->fd / BITS] &= ~(1ul << (entry->fd % BITS));
        }
    }
    return ready;
}

static long select_until(struct green *self, struct selection *s, int64_t due,
                         const sigset_t *mask) {
    long r = selection_init(s);
    if (r < 0) return r;
    r = poll_until(self, s->fds, s->count, due, mask);
    if (r >= 0) r = selection_has_invalid(s) ? -EBADF : selection_report(s);
    if (s->fds != s->few) free(s->fds);
    return r;
}

/* The table's size, up to which the kernel looks into the sets at most: so programs that give the
 * highest number there could be, with an fd_set of FD_SETSIZE bits, get away with it. */
static int table_size(void) {
    static const char label[] = "\nFDSize:";
    char text[1024];
    long fd = sys(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC);
    long len = fd < 0 ? fd : sys(SYS_read, fd, text, sizeof text - 1);
    if (fd >= 0) sys(SYS_close, fd);
    if (len < 0) return FD_SETSIZE;
    text[len] = '\0';
    const char *found = strstr(text, label);
    return found ? atoi(found + sizeof label - 1) : FD_SETSIZE;
}

static struct selection selection_of(int limit, fd_set *in, fd_set *out, fd_set *except) {
    if (limit > FD_SETSIZE) {
        int size = table_size();
        if (limit > size) limit = size;
    }
    return (struct selection){
        .limit = limit,
        .sets = {(unsigned long *)in, (unsigned long *)out, (unsigned long *)except}};
}

static bool selection_is_valid(const struct selection *s) {
    if (s->limit < 0) return false;
    for (int i = 0; i < 3; i++)
        if (s->sets[i] &&
            !is_readable(s->sets[i], ((size_t)s->limit + BITS - 1) / BITS * sizeof(long)))
            return false;
    return true;
}

HOOK int select(int limit, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout) {
    struct green *self = green_may_park();
    struct selection s = selection_of(limit, in, out, except);
    if (!self || !selection_is_valid(&s) ||
        (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
        return REAL(select)(limit, in, out, except, timeout);
    int64_t due = NEVER;
    if (timeout) {
        struct timespec length = {timeout->tv_sec + timeout->tv_usec / 1000000,
                                  timeout->tv_usec % 1000000 * NS_PER_US};
        due = due_after(&length);
    }
    long r = select_until(self, &s, due, NULL);
    if (timeout) {
        struct timespec left = due_left(due);
        *timeout = (struct timeval){left.tv_sec, left.tv_nsec / NS_PER_US};
    }
    return (int)hook_result(r);
}

HOOK int pselect(int limit, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
                 const sigset_t *mask) {
    struct green *self = green_may_park();
    struct selection s = selection_of(limit, in, out, except);
    if (!self || !selection_is_valid(&s) || !is_valid_limit(timeout))
        return REAL(pselect)(limit, in, out, except, timeout, mask);
    return (int)hook_result(select_until(self, &s, due_after(timeout), mask));
}

/* ---- epoll ---- */

/* One that is nested as deep as the kernel allows cannot be put into the poller's. */
static enum wait_result look_again_soon(int64_t due) {
    int64_t next = clock_after(NS_PER_MS);
    enum wait_result result = time_wait(next < due ? next : due);
    return result == WAIT_TIMED_OUT && next < due ? WAIT_RETRY : result;
}

static long epoll_until(struct green *self, int epfd, struct epoll_event *events, int room,
                        int64_t due, const sigset_t *mask) {
    struct signal_swap swap;
    signal_swap_begin(&swap, mask);
    int end = 0;
    long r;
    while ((r = sys(SYS_epoll_pwait, epfd, events, room, 0, NULL, 0)) == 0 && !end) {
        if (signal_swap_interrupted(&swap, self)) {
            r = -EINTR;
            break;
        }
        enum wait_result result = fd_wait(epfd, POLLIN, due);
        if (result == WAIT_UNPOLLABLE) result = look_again_soon(due);
        end = result == WAIT_CLOSED ? -EBADF : after_wait(result);
    }
    signal_swap_end(&swap);
    return r == 0 && end < 0 ? end : r;
}

HOOK int epoll_wait(int epfd, struct epoll_event *events, int room, int timeout) {
    struct green *self = timeout == 0 ? NULL : green_may_park();
    if (!self) return REAL(epoll_wait)(epfd, events, room, timeout);
    return (int)hook_result(epoll_until(self, epfd, events, room, due_after_ms(timeout), NULL));
}

HOOK int epoll_pwait(int epfd, struct epoll_event *events, int room, int timeout,
                     const sigset_t *mask) {
    struct green *self = timeout == 0 ? NULL : green_may_park();
    if (!self) return REAL(epoll_pwait)(epfd, events, room, timeout, mask);
    return (int)hook_result(epoll_until(self, epfd, events, room, due_after_ms(timeout), mask));
}

HOOK int epoll_pwait2(int epfd, struct epoll_event *events, int room,
                      const struct timespec *timeout, const sigset_t *mask) {
    struct green *self = green_may_park();
    if (!self || !is_valid_limit(timeout))
        return REAL(epoll_pwait2)(epfd, events, room, timeout, mask);
    return (int)hook_result(epoll_until(self, epfd, events, room, due_after(timeout), mask));
}
