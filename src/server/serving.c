#include "server/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/log.h"
#include "runtime/interpreter.h"
#include "runtime/park.h"
#include "runtime/runtime.h"
#include "runtime/watch.h"
#include "server/body.h"
#include "server/breach.h"
#include "server/client_metrics.h"
#include "server/compress.h"
#include "server/connection.h"
#include "server/exchange.h"
#include "server/level_watch.h"
#include "server/lifeline.h"
#include "server/listener.h"
#include "server/load.h"
#include "server/mount.h"
#include "server/overdue.h"
#include "server/readiness.h"
#include "server/ready_pipe.h"
#include "server/request_metrics.h"
#include "server/route_notes.h"
#include "server/server_timing.h"
#include "server/signals.h"
#include "server/slow_request.h"
#include "server/threads.h"
#include "server/tls_handshake.h"
#include "server/trial.h"
#include "server/watchdog.h"
#include "server/worker_metrics.h"

/* How long a drained worker waits for the first bytes of a request that may be on its way already.
 */
enum { DRAIN_SILENCE = 200 * NS_PER_MS };

/* How long one does that another worker serves in the stead of: nobody waits for its end, and a
 * client that asks again can be told to go elsewhere, where one whose idle connection is closed may
 * just have asked. */
#define REPLACED_SILENCE (5 * (int64_t)NS_PER_S)

/* Those of the server: five expiries, the listeners' pause, the runner's second try, the trim
 * of exchanges, and the look of the metrics. */
enum { TIMERS = 9 };

/* How long the application may take to end, after the graceful timeout, when nobody is left to end
 * it. */
#define LAST_WORDS (5 * (int64_t)NS_PER_S)

/* How long requests that are cancelled at the graceful timeout may take to clean up: until none of
 * them has ended for so long, or all together. */
enum { UNWIND_TIME = 500 * NS_PER_MS };
#define UNWIND_MAX (SERVER_UNWIND_SECONDS * (int64_t)NS_PER_S)

static enum { STARTING, SERVING, DRAINING, CANCELLING } phase;
static struct green *main_green;
static volatile sig_atomic_t stop_asked;
static bool all_gone;
static bool all_ended;     /* while cancelling */
static int64_t give_up_at; /* while draining or cancelling */
static int64_t unwind_end; /* while cancelling: it is never later than that */
static int unfinished;     /* requests in flight, when it was set */

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
static bool interrupt_asked; /* Atomic */

void serving_interrupt(void) {
    __atomic_store_n(&interrupt_asked, true, __ATOMIC_RELEASE);
    if (main_green) green_wake(main_green);
}

static void interrupt_came(struct fd_watch *watch, unsigned events) {
    char bytes[64];
    while (sys(SYS_read, watch->fd, bytes, sizeof bytes) == sizeof bytes) {
    }
    fd_watch_rearm(watch);
    serving_interrupt();
}

static struct fd_watch interrupt_watch = {.ready = interrupt_came};

int serving_interrupt_fd(void) {
    if (interrupt_fds[0] < 0 && pipe2(interrupt_fds, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    return interrupt_fds[1];
}

static bool take_interrupt(void) {
    return __atomic_exchange_n(&interrupt_asked, false, __ATOMIC_ACQ_REL);
}

static int watch_for_stop(const struct server_options *options) {
    signals_ignore_broken_pipe(); /* the application may have undone it */
    if (signals_stop_with(stop_on_signal) < 0) return -1;
    if (interrupt_fds[0] >= 0 && fd_watch_add(&interrupt_watch, interrupt_fds[0]) < 0) return -1;
    if (options->master_fd < 0) return 0;
    lifeline_loosen(options->graceful_timeout + UNWIND_MAX + LAST_WORDS);
    return fd_watch_add(&master_watch, options->master_fd);
}

/* ---- phases ---- */

/* Says in the log and to the supervisor what cannot be done. Returns -1 with errno as it was. */
__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...) {
    int error = errno;
    char what[256], why[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(why, sizeof why, "%s: %s", what, strerror(error));
    gr_log(GR_LOG_ERROR, "%s", why);
    ready_pipe_failed(why);
    errno = error;
    return -1;
}

static int pass_trial(const char *path) {
    char why[TRIAL_WHY_SIZE];
    if (!*path || trial_run(path, why) == 0) return 0;
    gr_log(GR_LOG_ERROR, "cannot serve: %s", why);
    ready_pipe_failed(why);
    errno = EAGAIN;
    return -1;
}

static int start_serving(const struct server_options *options, const struct gr_app *app) {
    main_green = green_self();
    if (timer_reserve(TIMERS) < 0) return fail("cannot accept connections");
    connections_init(options);
    exchanges_init(options, app);
    proxies_init(options);
    if (compress_init(options) < 0) return -1;
    if (request_ids_init() < 0) return fail("cannot make request ids");
    mount_init(options->mount);
    server_timing_on = options->server_timing;
    request_metrics_init(options->release);
    client_metrics_init(options->client_header);
    readiness_init(options->readiness_path);
    bodies_init(options);
    overdue_init(options->request_timeout);
    if (options->os_threads && threads_start(options->concurrency, options->stack_size) < 0)
        return fail("cannot start %u threads", options->concurrency);
    if (tls_handshakes_start(options) < 0) return fail("cannot start the thread for TLS");
    if (watch_for_stop(options) < 0) return fail("cannot accept connections");
    if (pass_trial(options->ready_path) < 0) return -1;
    if (options->check_only) {
        all_gone = true;
        ready_pipe_serves();
        return 0;
    }
    if (interpreter_asker_start() < 0) return fail("cannot start the watchdog");
    if (watchdog_start(options->unresponsive_timeout) < 0) return fail("cannot start the watchdog");
    if (level_watch_start() < 0) return fail("cannot start the thread for levels of the log");
    worker_metrics_start(options->slot);
    route_notes_publish(options, app);
    slow_request_start(options->slot);
    listeners_start();
    load_set_accepting(true);
    ready_pipe_serves();
    phase = SERVING;
    return 0;
}

static void have_gone(void) {
    all_gone = true;
    green_wake(main_green);
}

/* Half the graceful timeout at most: an idle connection is no reason to use it up. */
static int64_t silence(int64_t graceful_timeout) {
    if (!load_replaced()) return DRAIN_SILENCE;
    return graceful_timeout / 2 < REPLACED_SILENCE ? graceful_timeout / 2 : REPLACED_SILENCE;
}

/* Told to stop once more, one that was replaced may have to hurry: the whole server stops now. */
static void drain(int64_t graceful_timeout) {
    stop_asked = 0;
    if (phase == SERVING) {
        phase = DRAINING;
        watchdog_rest();
        give_up_at = clock_after(graceful_timeout);
        listeners_close();
        load_set_accepting(false);
    }
    connections_drain(silence(graceful_timeout), have_gone);
}

static void have_ended(void) {
    all_ended = true;
    green_wake(main_green);
}

/* A request that ends now closes what it has open, as on any other error. */
static void start_cancelling(void) {
    phase = CANCELLING;
    give_up_at = clock_after(UNWIND_TIME);
    unwind_end = clock_after(UNWIND_MAX);
    unfinished = load_in_flight();
    int count = exchanges_cancel(have_ended);
    all_ended = count == 0;
    if (count)
        gr_log(GR_LOG_WARNING, "the graceful timeout is over: requests cancelled: %d", count);
}

/* Thousands take their time on one core. */
static bool are_ending(int64_t now) {
    int before = unfinished;
    unfinished = load_in_flight();
    if (unfinished >= before || now >= unwind_end) return false;
    give_up_at = now + UNWIND_TIME < unwind_end ? now + UNWIND_TIME : unwind_end;
    return true;
}

static bool is_over(void) {
    int64_t now = clock_now();
    if (all_gone) return true;
    return phase == CANCELLING && (all_ended || (now >= give_up_at && !are_ending(now)));
}

static int finish(void) {
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
        if (stop_asked) drain(options->graceful_timeout);
        if (phase == DRAINING && !all_gone && clock_now() >= give_up_at) start_cancelling();
        if (is_over()) {
            result = finish();
            break;
        }
        green_park(phase == SERVING ? NEVER : give_up_at);
        if (green_take_interrupt(self) | take_interrupt()) {
            errno = EINTR;
            result = -1;
        }
    }
    sched_leave(self);
    self->pinned = pinned;
    return result;
}
