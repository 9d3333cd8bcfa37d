#include "server/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/log.h"
#include "runtime/park.h"
#include "runtime/runtime.h"
#include "runtime/watch.h"
#include "server/access_log.h"
#include "server/body.h"
#include "server/breach.h"
#include "server/compress.h"
#include "server/connection.h"
#include "server/exchange.h"
#include "server/lifeline.h"
#include "server/listener.h"
#include "server/load.h"
#include "server/mount.h"
#include "server/signals.h"
#include "server/threads.h"
#include "server/tls_handshake.h"

/* How long a drained worker waits for the first bytes of a request that may be on its way already.
 */
enum { DRAIN_SILENCE = 200 * NS_PER_MS };

/* Those of the server: four expiries, the listeners' pause, the runner's second try, and the trim
 * of exchanges. */
enum { TIMERS = 7 };

/* How long the application may take to end, after the graceful timeout, when nobody is left to end
 * it. */
#define LAST_WORDS (5 * (int64_t)NS_PER_S)

static enum { STARTING, SERVING, DRAINING } phase;
static struct green *main_green;
static volatile sig_atomic_t stop_asked;
static bool all_gone;
static int64_t give_up_at; /* while draining */

/* ---- reasons to stop ---- */

static void stop_on_signal(int number) {
    stop_asked = 1;
    green_wake(main_green);
}

/* The other end of the pipe is the supervisor's alone, and nothing is ever written to it. */
static void master_gone(struct fd_watch *watch, unsigned events) {
    stop_asked = 1;
    green_wake(main_green);
}

static struct fd_watch master_watch = {.ready = master_gone};

/* ---- signals that only the language knows of ---- */

static int interrupt_fds[2] = {-1, -1};
static bool interrupt_asked;

static void interrupt_came(struct fd_watch *watch, unsigned events) {
    char bytes[64];
    while (sys(SYS_read, watch->fd, bytes, sizeof bytes) == sizeof bytes) {
    }
    fd_watch_rearm(watch);
    interrupt_asked = true;
    green_wake(main_green);
}

static struct fd_watch interrupt_watch = {.ready = interrupt_came};

int serving_interrupt_fd(void) {
    if (interrupt_fds[0] < 0 && pipe2(interrupt_fds, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    return interrupt_fds[1];
}

static bool take_interrupt(void) {
    bool asked = interrupt_asked;
    interrupt_asked = false;
    return asked;
}

static int watch_for_stop(const struct server_options *options) {
    signals_ignore_broken_pipe(); /* the application may have undone it */
    if (signals_stop_with(stop_on_signal) < 0) return -1;
    if (interrupt_fds[0] >= 0 && fd_watch_add(&interrupt_watch, interrupt_fds[0]) < 0) return -1;
    if (options->master_fd < 0) return 0;
    lifeline_loosen(options->graceful_timeout + LAST_WORDS);
    return fd_watch_add(&master_watch, options->master_fd);
}

static void tell_supervisor(int ready_fd) {
    if (ready_fd < 0) return;
    sys(SYS_write, ready_fd, "R", 1);
    fd_keep(ready_fd, false);
    sys(SYS_close, ready_fd);
}

/* ---- phases ---- */

static int start_serving(const struct server_options *options, const struct gr_app *app) {
    main_green = green_self();
    if (access_log_open(options->access_log) < 0) {
        int error = errno;
        gr_log(GR_LOG_ERROR, "cannot open the access log %s: %s", options->access_log,
               strerror(error));
        errno = error;
        return -1;
    }
    if (timer_reserve(TIMERS) < 0) {
        gr_log(GR_LOG_ERROR, "cannot accept connections: %s", strerror(errno));
        return -1;
    }
    connections_init(options);
    exchanges_init(options, app);
    proxies_init(options);
    if (compress_init(options) < 0) return -1;
    if (request_ids_init() < 0) {
        gr_log(GR_LOG_ERROR, "cannot make request ids: %s", strerror(errno));
        return -1;
    }
    mount_init(options->mount);
    bodies_init(options);
    if (options->os_threads && threads_start(options->concurrency, options->stack_size) < 0) {
        gr_log(GR_LOG_ERROR, "cannot start %u threads: %s", options->concurrency, strerror(errno));
        return -1;
    }
    if (tls_handshakes_start(options) < 0) {
        gr_log(GR_LOG_ERROR, "cannot start the thread for TLS: %s", strerror(errno));
        return -1;
    }
    if (watch_for_stop(options) < 0) {
        gr_log(GR_LOG_ERROR, "cannot accept connections: %s", strerror(errno));
        return -1;
    }
    if (options->check_only) {
        all_gone = true;
        tell_supervisor(options->ready_fd);
        return 0;
    }
    listeners_start();
    load_set_accepting(true);
    tell_supervisor(options->ready_fd);
    phase = SERVING;
    return 0;
}

static void have_gone(void) {
    all_gone = true;
    green_wake(main_green);
}

static void start_draining(int64_t graceful_timeout) {
    phase = DRAINING;
    give_up_at = clock_after(graceful_timeout);
    load_set_accepting(false);
    listeners_close();
    connections_drain(DRAIN_SILENCE, have_gone);
}

static int finish(void) {
    access_log_close();
    unsigned long dropped = load_dropped_fields();
    if (dropped) gr_log(GR_LOG_WARNING, "request fields dropped: %lu", dropped);
    unsigned long failed = tls_handshakes_failed();
    if (failed) gr_log(GR_LOG_WARNING, "TLS handshakes failed: %lu", failed);
    breaches_report();
    if (all_gone) return 0;
    gr_log(GR_LOG_WARNING, "stopped with %d connections open: the graceful timeout is over",
           load_connections());
    errno = ETIMEDOUT;
    return -1;
}

int serving_run(const struct server_options *options, const struct gr_app *app) {
    struct green *self = green_self();
    int pinned = self->pinned;
    self->pinned = 0;
    sched_enter(self);
    int result = phase == STARTING ? start_serving(options, app) : 0;
    while (result == 0) {
        if (stop_asked && phase == SERVING) start_draining(options->graceful_timeout);
        if (all_gone || (phase == DRAINING && clock_now() >= give_up_at)) {
            result = finish();
            break;
        }
        green_park(phase == DRAINING ? give_up_at : NEVER);
        if (green_take_interrupt(self) | take_interrupt()) {
            errno = EINTR;
            result = -1;
        }
    }
    sched_leave(self);
    self->pinned = pinned;
    return result;
}
