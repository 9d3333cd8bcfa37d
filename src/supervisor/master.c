#include "supervisor/master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "greenroom/worker.h"
#include "supervisor/set_up.h"
#include "supervisor/signals.h"
#include "supervisor/state.h"

/* One wish to stop may come as several signals: to the group and to us, from a shell and from
 * timeout(1). What comes later than this after the first is impatience. */
static const int64_t stop_echo = NS_PER_S;

/* --- Stopping --- */

/* Nobody new gets in before the workers are told, so that each of them can take in everybody who is
 * queued. */
static void stop(struct master *m, int exit_code) {
    m->phase = PHASE_STOPPING;
    m->exit_code = exit_code;
    m->drain_due = NEVER;
    atomic_store(&m->workers.board->draining, 1);
    m->echo_end = clock_after(stop_echo);
    roll_end(m);
    edition_quiesce(m->edition, NULL);
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) worker_leave(w, false);
    edition_close(m->edition, NULL);
    m->edition = NULL;
}

/* Serves on, but says that it is not ready, for whoever spreads requests to hear of it. */
static void announce_stop(struct master *m) {
    int64_t delay = m->edition->settings.drain_delay;
    m->drain_due = clock_after(delay);
    m->echo_end = clock_after(stop_echo);
    atomic_store(&m->workers.board->draining, 1);
    gr_log(GR_LOG_INFO, "told to stop; draining in %.1f s", (double)delay / NS_PER_S);
}

/* A worker that has not ended, though its own time is over. */
static void lose_patience(struct worker *worker) {
    gr_log(GR_LOG_WARNING, "killing worker %d (pid %d), which has not ended", worker->slot,
           worker->pid);
    worker_kill(worker);
}

/* --- Starting --- */

static bool all_proven(const struct master *m) {
    for (int i = 0; i < m->slot_count; i++)
        if (!m->slots[i].proven) return false;
    return true;
}

static void announce(const struct master *m) {
    const struct edition *e = m->edition;
    char where[2048] = "";
    size_t len = 0;
    for (int i = 0; i < e->listener_count && len < sizeof where; i++)
        len += (size_t)snprintf(where + len, sizeof where - len, "%s%s", i ? ", " : "",
                                e->listeners[i].name);
    fprintf(stderr, "greenroom " GREENROOM_VERSION ": serving %s on %s with %d worker%s (pid %d)\n",
            e->launch.options.app, where, m->slot_count, m->slot_count == 1 ? "" : "s", getpid());
}

static void start(struct master *m, struct slot *slot) {
    if (slot_start(slot, &m->workers, &m->edition->launch) == 0) return;
    int why = errno;
    int64_t wait = slot_rest(slot, 0);
    gr_log(GR_LOG_ERROR, "cannot start worker %d: %s; next try in %.1f s", slot->number,
           strerror(why), (double)wait / NS_PER_S);
}

/* The first worker loads the application alone: what is wrong with it is then said once, and the
 * others, which start when it serves already, find its files in the page cache. */
static void go_on_starting(struct master *m) {
    if (m->edition->launch.options.check_only) {
        fprintf(stderr, "greenroom " GREENROOM_VERSION ": %s can be served\n",
                m->edition->launch.options.app);
        stop(m, 0);
        return;
    }
    for (int i = 0; i < m->slot_count; i++)
        if (slot_is_empty(&m->slots[i]) && m->slots[i].due == NEVER) start(m, &m->slots[i]);
    if (!all_proven(m)) return;
    m->phase = PHASE_RUNNING;
    announce(m);
    if (m->roll.asked) roll_reload(m);
}

static void hear(struct master *m, struct worker *worker) {
    worker_hear(worker);
    if (worker->state != WORKER_SERVING) return;
    roll_take_over(m, &m->slots[worker->slot]);
    if (m->phase == PHASE_STARTING) go_on_starting(m);
}

/* --- Deaths --- */

/* GR_EXIT_USAGE and GR_EXIT_APP_FAILED have been explained by the worker itself. */
static void died_unproven(struct master *m, const char *who, int status) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code != GR_EXIT_USAGE && code != GR_EXIT_APP_FAILED)
        fprintf(stderr, "greenroom: %s while starting\n", who);
    stop(m, code == GR_EXIT_USAGE ? GR_EXIT_USAGE : GR_EXIT_APP_FAILED);
}

static void died_running(struct slot *slot, int64_t served, const char *who) {
    if (slot->starting) {
        gr_log(GR_LOG_ERROR, "%s; another is starting already", who);
        return;
    }
    int64_t wait = slot_rest(slot, served);
    if (wait)
        gr_log(GR_LOG_ERROR, "%s; starting another in %.1f s", who, (double)wait / NS_PER_S);
    else
        gr_log(GR_LOG_ERROR, "%s; starting another", who);
}

/* Whoever was still loading the application has broken no promise. */
static void died_leaving(const struct worker *worker, int status, const char *who) {
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (worker->serving_since && status != 0 && !killed)
        gr_log(GR_LOG_WARNING, "%s while stopping", who);
}

static void died(struct master *m, struct worker *worker, int status) {
    /* It may have served and died before we came to listen to it. */
    if (worker->state == WORKER_STARTING) hear(m, worker);
    struct slot *slot = &m->slots[worker->slot];
    char who[EPITAPH_SIZE];
    worker_epitaph(worker, status, who);
    bool was_leaving = worker->state == WORKER_LEAVING, was_starting = slot->starting == worker;
    int64_t served = slot_lose(slot, worker);
    if (was_leaving) died_leaving(worker, status, who);
    worker_bury(&m->workers, worker);
    if (was_leaving) return;
    if (m->phase == PHASE_STARTING && !slot->proven)
        died_unproven(m, who, status);
    else if (!was_starting || !roll_lost(m, slot, who))
        died_running(slot, served, who);
}

/* As process 1 of a container we may be given children that were never ours. */
static void reap(struct master *m) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct worker *worker = workers_find(&m->workers, pid);
        if (worker) died(m, worker, status);
    }
}

/* --- The loop --- */

/* Of the signals that come later, each one shortens what is left: the delay, then the drain. Ctrl-C
 * is somebody's who waits; and nobody counts yet on a server that has not served. */
static void asked_to_stop(struct master *m, int signal) {
    bool stopping = m->phase == PHASE_STOPPING, announced = m->drain_due != NEVER;
    if ((announced || stopping) && clock_now() < m->echo_end) return;
    if (stopping)
        for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) lose_patience(w);
    else if (!announced && signal == SIGTERM && m->slots[0].proven &&
             m->edition->settings.drain_delay)
        announce_stop(m);
    else
        stop(m, 0);
}

static void take_signals(struct master *m) {
    struct signalfd_siginfo got;
    while (read(m->signals, &got, sizeof got) == sizeof got) {
        if (got.ssi_signo == SIGCHLD)
            reap(m);
        else if (got.ssi_signo == SIGHUP && !signals_terminal_is_gone())
            roll_reload(m);
        else
            asked_to_stop(m, (int)got.ssi_signo);
    }
}

/* Is a worker to be started there when it is time? */
static bool is_resting(const struct master *m, const struct slot *slot) {
    return m->phase != PHASE_STOPPING && !slot->starting && (!slot->serving || slot->why);
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t next_due(struct master *m) {
    int64_t due = m->drain_due, now = clock_now();
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) due = earlier(due, w->due);
    for (int i = 0; i < m->slot_count; i++) {
        const struct slot *slot = &m->slots[i];
        bool waits_for_its_turn = slot->serving && slot->due <= now;
        if (is_resting(m, slot) && !waits_for_its_turn) due = earlier(due, slot->due);
    }
    return due;
}

static void act_on_time(struct master *m) {
    int64_t now = clock_now();
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (w->due <= now) lose_patience(w);
    if (m->drain_due <= now) stop(m, 0);
    for (int i = 0; i < m->slot_count; i++) {
        struct slot *slot = &m->slots[i];
        if (is_resting(m, slot) && !slot->serving && slot->due <= now) start(m, slot);
    }
    roll_go_on(m);
}

/* Until something happens, or something is due. */
static void wait_and_act(struct master *m) {
    static struct pollfd watched[BOARD_PLACES_MAX + 1]; /* the signals, and each ready pipe */
    int64_t due = next_due(m), wait = due - clock_now();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / NS_PER_S, wait % NS_PER_S};
    struct worker *workers = m->workers.at;
    int count = m->workers.count;
    watched[0] = (struct pollfd){m->signals, POLLIN, 0};
    for (int i = 0; i < count; i++) watched[i + 1] = (struct pollfd){workers[i].ready, POLLIN, 0};
    ppoll(watched, (nfds_t)count + 1, due == NEVER ? NULL : &timeout, NULL);
    for (int i = 0; i < count; i++)
        if (watched[i + 1].revents && workers[i].state == WORKER_STARTING) hear(m, &workers[i]);
    if (watched[0].revents) take_signals(m);
    act_on_time(m);
}

static void run(struct master *m) {
    start(m, &m->slots[0]);
    while (m->phase != PHASE_STOPPING || workers_next(&m->workers, NULL)) wait_and_act(m);
}

int master_run(struct edition *edition, int argc, char **argv) {
    static struct master master;
    char error[SENTENCE_SIZE];
    master.argc = argc;
    master.argv = argv;
    if (set_up(&master, edition, error) == 0) {
        run(&master);
        return master.exit_code;
    }
    fprintf(stderr, "greenroom: %s\n", error);
    edition_quiesce(edition, NULL);
    return GR_EXIT_USAGE;
}
