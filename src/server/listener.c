#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "greenroom/log.h"
#include "server/connection.h"
#include "server/load.h"
#include "server/tls_listener.h"

enum {
    BATCH = 64, /* connections taken in a row before those that are there get a turn */
    LOOK_AWAY = NS_PER_MS,
    FAILURE_PAUSE = 100 * NS_PER_MS, /* no descriptors or memory left, most likely */
    COMPLAIN_EVERY = NS_PER_S,
};

static struct listener listeners[SERVER_LISTENERS_MAX];
static int count;
static bool started, watching, closing;
static int least_before; /* load_least_connections when we looked away */
static int ration = 1;   /* connections to take after that */

static void resume(struct timer *timer);

static struct timer pause_timer = {.fire = resume};

static void unwatch_all(void) {
    for (int i = 0; watching && i < count; i++) fd_watch_remove(&listeners[i].watch);
    watching = false;
}

static void pause_for(int64_t ns) {
    unwatch_all();
    timer_start(&pause_timer, loop_now() + ns);
}

/* An eighth, and a few where the numbers are small: what a batch of requests shifts anyway. */
static bool is_ahead(void) {
    int64_t least = load_least_connections();
    return load_connections() > least + least / 8 + 4;
}

static void look_away(void) {
    least_before = load_least_connections();
    pause_for(LOOK_AWAY);
}

static void complain(long error) {
    static int64_t last;
    if (loop_now() - last < COMPLAIN_EVERY) return;
    last = loop_now();
    gr_log(GR_LOG_ERROR, "cannot accept connections for now: %s", strerror((int)-error));
}

/* Only a new worker has the socket again: the application has got past our hooks to close it. */
__attribute__((noreturn)) static void give_up(int error) {
    gr_log(GR_LOG_ERROR, "a listening socket is lost: %s", strerror(error));
    _exit(1);
}

enum accepted { ACCEPTED, NONE_QUEUED, FAILED };

static long take_one(const struct listener *listener, union peer *peer) {
    socklen_t len = sizeof *peer;
    long fd;
    if (fault(FAULT_EMFILE)) return -EMFILE;
    do /* over those that failed before they were taken */
        fd = sys(SYS_accept4, listener->watch.fd, peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd == -ECONNABORTED || fd == -EINTR || fd == -EPROTO || fd == -EPERM);
    return fd;
}

/* The memory for a connection is there before it is taken: until then it waits in the queue. */
static enum accepted accept_one(struct listener *listener) {
    union peer peer = {.family = AF_UNSPEC};
    long fd = connections_reserve() < 0 ? -ENOMEM : take_one(listener, &peer);
    if (fd == -EAGAIN) return NONE_QUEUED;
    if (fd < 0) {
        bool is_lost = fd == -EBADF || fd == -EINVAL || fd == -ENOTSOCK;
        if (is_lost && !closing) give_up((int)-fd);
        complain(fd);
        return FAILED;
    }
    connection_open((int)fd, listener, &peer);
    return ACCEPTED;
}

static void accept_some(struct fd_watch *watch, unsigned events) {
    struct listener *listener = LIST_ENTRY(watch, struct listener, watch);
    for (int i = 0; i < BATCH; i++) {
        enum accepted result = accept_one(listener);
        if (result == FAILED) return pause_for(FAILURE_PAUSE);
        if (result == NONE_QUEUED) return;
        if (is_ahead()) return look_away();
    }
}

static void watch_all(void) {
    watching = true;
    for (int i = 0; i < count; i++) {
        if (fd_watch_add_listener(&listeners[i].watch, listeners[i].watch.fd) == 0) continue;
        if (errno == EBADF || errno == EPERM) give_up(errno); /* nothing, or a regular file */
        return pause_for(FAILURE_PAUSE);
    }
}

/* As long as the least loaded worker takes nothing, most likely because it hangs, we take more and
 * more. */
static void adjust_ration(void) {
    ration = load_least_connections() != least_before ? 1 : ration < BATCH ? ration * 2 : BATCH;
}

static void resume(struct timer *timer) {
    adjust_ration();
    enum accepted result = ACCEPTED;
    for (int i = 0; i < count && result != FAILED; i++) {
        result = ACCEPTED;
        for (int n = 0; n < ration && result == ACCEPTED; n++) result = accept_one(&listeners[i]);
    }
    if (result == FAILED) return pause_for(FAILURE_PAUSE);
    watch_all();
}

/* The socket is shared, and so is its O_NONBLOCK: set by whoever comes first. */
static int init(struct listener *listener, int fd) {
    union {
        union peer peer;
        struct sockaddr_un path;
    } address = {.peer.family = AF_UNSPEC};
    socklen_t len = sizeof address;
    *listener = (struct listener){.watch = {.ready = accept_some, .fd = fd}};
    long flags = sys(SYS_fcntl, fd, F_GETFL);
    long result = flags < 0 ? flags : sys(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
    if (result >= 0) result = sys(SYS_getsockname, fd, &address, &len);
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    listener->address = address.peer;
    if (address.peer.family == AF_UNIX)
        snprintf(listener->text, sizeof listener->text, "%.*s",
                 (int)sizeof address.path.sun_path - 1, address.path.sun_path);
    else
        peer_text(&address.peer, listener->text);
    return 0;
}

void listeners_connection_closed(void) {
    if (!started || watching || is_ahead()) return;
    timer_stop(&pause_timer);
    watch_all();
}

int listeners_init(const struct server_options *options) {
    for (int i = 0; i < options->listen_count; i++) {
        if (init(&listeners[i], options->listen_fds[i]) < 0) return -1;
        listeners[i].proxied = options->proxied[i];
        listeners[i].tls = tls_listener_at(i);
        fd_keep(options->listen_fds[i], true);
    }
    count = options->listen_count;
    return 0;
}

void listeners_start(void) {
    started = true;
    watch_all();
}

void listeners_close(void) {
    closing = true;
    unwatch_all();
    timer_stop(&pause_timer);
    for (int i = 0; i < count; i++) {
        while (accept_one(&listeners[i]) == ACCEPTED) {
        }
        fd_keep(listeners[i].watch.fd, false);
        sys(SYS_close, listeners[i].watch.fd);
    }
    count = 0;
}

void listeners_forsake(void) {
    for (int i = 0; i < count; i++) sys(SYS_close, listeners[i].watch.fd);
    count = 0;
}
