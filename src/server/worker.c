#include "greenroom/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limit.h"
#include "base/sys.h"
#include "guard/guard.h"
#include "log/level.h"
#include "log/log.h"
#include "log/rings.h"
#include "observe/metric.h"
#include "runtime/backtrace.h"
#include "runtime/interposed.h"
#include "runtime/runtime.h"
#include "runtime/watch.h"
#include "server/access_log.h"
#include "server/connection.h"
#include "server/environment.h"
#include "server/exchange.h"
#include "server/level_watch.h"
#include "server/lifeline.h"
#include "server/listener.h"
#include "server/load.h"
#include "server/mule.h"
#include "server/options.h"
#include "server/question.h"
#include "server/ready_pipe.h"
#include "server/route.h"
#include "server/serving.h"
#include "server/signals.h"
#include "server/stalls.h"
#include "server/static.h"
#include "server/tls_listener.h"
#include "server/watchdog.h"

enum { RUNNER_STACK = 256 * 1024 };

static struct server_options options;
static struct gr_app application;

static int refuse(int code, const char *why) {
    gr_log(GR_LOG_ERROR, "cannot serve: %s", why);
    ready_pipe_failed(why);
    errno = code;
    return -1;
}

/* glibc would spread green threads over 8 arenas per core, though they never allocate at the same
 * time. */
static void use_one_malloc_arena(void) {
    if (!options.os_threads && !getenv("MALLOC_ARENA_MAX")) mallopt(M_ARENA_MAX, 1);
}

static void close_on_exec(int fd) {
    if (fd >= 0) sys(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

/* The supervisor's descriptors are not for the programs that the application runs. */
static void hide_descriptors(void) {
    for (int i = 0; i < options.listen_count; i++) close_on_exec(options.listen_fds[i]);
    close_on_exec(options.master_fd);
    ready_pipe_hold(options.ready_fd);
    close_on_exec(options.tickets_fd);
    close_on_exec(options.question_fd);
}

/* Where handlers run on OS threads, green threads run nothing but the server's own code. */
static size_t green_stack(size_t wish) {
    if (options.os_threads) return RUNNER_STACK;
    return options.stack_size ? options.stack_size : wish;
}

static int start_runtime(size_t stack_size) {
    const char *why = "";
    struct runtime_options runtime = {
        .poller = options.poll_backend ? POLLER_POLL : POLLER_EPOLL,
        .stack_size = green_stack(stack_size),
        .slice = options.os_threads ? 0 : options.slice,
        .apart = options.os_threads,
    };
    return runtime_start(&runtime, &why) < 0 ? refuse(ENOTSUP, why) : 0;
}

/* The application may close what it likes, but not these. */
static void protect_descriptors(void) {
    fd_keep(options.master_fd, true);
    ready_pipe_protect();
}

static int open_statics(void) {
    const char *which;
    if (statics_open(&options, &which) == 0) return 0;
    char why[512];
    snprintf(why, sizeof why, "--static %s: %s", which, strerror(errno));
    return refuse(errno, why);
}

/* A child of fork is no worker: it must end when it is told to, and not hold the addresses. */
static void become_stranger(void) {
    log_forked();
    signals_give_back();
    questions_forsake();
    listeners_forsake();
}

/* Inside the scheduler the green thread on whose stack it runs has nothing to do with it. */
static struct log_request current_request(void) {
    const struct green *self = green_self();
    if (self && self->depth > 0) return (struct log_request){0};
    const gr_request *request = gr_request_current();
    if (!request) return (struct log_request){0};
    return (struct log_request){gr_request_id(request), gr_request_trace_id(request)};
}

static int open_log(void) {
    struct log_pen pen;
    log_identify(options.slot);
    log_set_style((struct log_style){options.log_json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT,
                                     options.log_colour});
    gr_log_set_level(log_level_of(options.log_level, "greenroom"));
    if (options.log_fd < 0) return 0;
    if (log_pen_open(&pen, options.log_fd, options.slot) < 0) return -1;
    sys(SYS_close, options.log_fd);
    log_use(&pen);
    log_ask_request(current_request);
    options.log_level = level_watch_begin(&pen.bell->levels, options.log_level);
    if (access_log_open(&options) < 0) return -1;
    if (options.access_fd >= 0) sys(SYS_close, options.access_fd);
    return 0;
}

int gr_worker_start(size_t stack_size) {
    char *handover = environment_take("GREENROOM_WORKER"); /* options point into it */
    if (!handover) return -1;
    if (server_options_decode(&options, handover) < 0 || environment_restore_preload() < 0)
        return refuse(ENOTSUP, "the supervisor's settings cannot be read");
    if (open_log() < 0) return refuse(ENOTSUP, "the supervisor's log cannot be mapped");
    if (!options.os_threads && !interposed()) {
        errno = ENOSYS;
        return -1;
    }
    hide_descriptors();
    if (metrics_open(options.metrics_fd) < 0)
        return refuse(ENOTSUP, "the supervisor's metrics cannot be mapped");
    if (load_open(options.board_fd, options.place) < 0)
        return refuse(ENOTSUP, "the supervisor's board cannot be mapped");
    limit_raise_descriptors();
    use_one_malloc_arena();
    signals_ignore_broken_pipe();
    signals_survive_hangup();
    if (options.master_fd >= 0 && lifeline_hold(options.master_fd) < 0)
        return refuse(errno, "no thread can be started");
    if (start_runtime(stack_size) < 0) return -1;
    if (guards_init(options.policies, options.policy_count) < 0)
        return refuse(errno, "the policies of downstreams cannot be kept");
    protect_descriptors();
    mules_init(&options);
    if (messages_init(&options) < 0) return refuse(errno, "messages cannot be received");
    stalls_init();
    backtrace_init();
    if (options.mule < 0 && questions_open(options.question_fd) < 0)
        return refuse(errno, "the supervisor's questions cannot be heard");
    if (open_statics() < 0) return -1;
    if (tls_listeners_open(&options) < 0) return -1;
    if (listeners_init(&options) < 0)
        return refuse(ENOTSUP, "the supervisor's sockets cannot be used");
    errno = pthread_atfork(NULL, connections_forked, become_stranger);
    return errno ? -1 : 0;
}

const char *gr_worker_app(void) { return options.app; }

void gr_worker_failed(const char *why) { ready_pipe_failed(why); }

int gr_worker_slot(void) { return options.slot; }

int gr_worker_count(void) { return options.workers; }

int gr_worker_threads(void) { return options.os_threads ? (int)options.concurrency : 0; }

const char *gr_worker_log_level(void) { return options.log_level; }

const char *gr_worker_accelerate(void) { return options.accelerate; }

bool gr_worker_log_capture(void) { return options.log_capture; }

bool gr_worker_forked(void) { return !runtime_on; }

int gr_worker_interrupt_fd(void) { return serving_interrupt_fd(); }

int gr_worker_stack_signal(void) { return watchdog_stack_signal(); }

gr_app *gr_worker_application(void) { return &application; }

int gr_worker_serve(void) { return serving_run(&options, &application); }
