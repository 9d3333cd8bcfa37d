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
#include "supervisor/limits.h"
#include "supervisor/log_setup.h"
#include "supervisor/log_writer.h"
#include "supervisor/mules.h"
#include "supervisor/notify.h"
#include "supervisor/set_up.h"
#include "supervisor/signals.h"
#include "supervisor/state.h"
#include "supervisor/statsd.h"
#include "supervisor/stop.h"

/* --- Starting --- */

static bool all_proven(struct master *m) {
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));)
        if (!slot->proven) return false;
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
    notify("READY=1\nSTATUS=Serving on %s, workers: %d\n", where, m->slot_count);
}

static void start(struct master *m, struct slot *slot) {
    if (slot_start(slot, &m->workers, edition_launch(m->edition, slot->number)) == 0) return;
    int why = errno;
    int64_t wait = slot_rest(slot, 0);
    gr_log(GR_LOG_ERROR, "cannot start %s: %s; next try in %.1f s", SLOT_NAME(slot->number),
           strerror(why), (double)wait / NS_PER_S);
}

static void announce_check(const struct master *m) {
    fprintf(stderr, "greenroom " GREENROOM_VERSION ": %s can be served\n",
            m->edition->launch.options.app);
}

/* The first worker loads the application alone: what is wrong with it is then said once, and the
 * others and the mules, which start when it serves already, find its files in the page cache. */
static void go_on_starting(struct master *m) {
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));)
        if (slot_is_empty(slot) && slot->due == NEVER && !slot->proven) start(m, slot);
    if (!all_proven(m)) return;
    if (m->edition->launch.options.check_only) {
        announce_check(m);
        stop_begin(m, 0);
        return;
    }
    m->phase = PHASE_RUNNING;
    log_writers_settle();
    announce(m);
    char error[SENTENCE_SIZE]; /* which is in the log */
    if (m->roll.asked) roll_reload(m, error);
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
    if (m->watch.open) {
        gr_log(GR_LOG_ERROR, "%s while starting; waiting for a file to change", who);
        return;
    }
    if (code != GR_EXIT_USAGE && code != GR_EXIT_APP_FAILED)
        fprintf(stderr, "greenroom: %s while starting\n", who);
    stop_begin(m, code == GR_EXIT_USAGE ? GR_EXIT_USAGE : GR_EXIT_APP_FAILED);
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
    inquiry_lose(m, worker);
    bool was_leaving = worker->state == WORKER_LEAVING, was_starting = slot->starting == worker;
    bool is_checked =
        m->phase == PHASE_STARTING && m->edition->launch.options.check_only && slot->proven;
    int64_t served = slot_lose(slot, worker);
    if (was_leaving) died_leaving(worker, status, who);
    worker_bury(&m->workers, worker);
    if (was_leaving || is_checked) return;
    if (m->phase == PHASE_STARTING && !slot->proven)
        died_unproven(m, who, status);
    else if (!was_starting || !roll_lost(m, slot, who))
        died_running(slot, served, who);
}

/* As process 1 of a container, and for attached commands, we are given children that were never
 * ours. */
static void reap(struct master *m) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct worker *worker = workers_find(&m->workers, pid);
        if (worker)
            died(m, worker, status);
        else if (!attached_lose(m, pid, status))
            upgrade_go_on(m, pid, status);
    }
}

/* --- The loop --- */

/* Where nobody serves yet, the first worker has failed, or is about to load what is old. */
static void files_changed(struct master *m) {
    char error[SENTENCE_SIZE]; /* which is in the log */
    if (m->phase == PHASE_RUNNING) roll_reload(m, error);
    if (m->phase != PHASE_STARTING) return;
    bool only_first = !m->slots[0].proven;
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));) {
        if (slot->proven || (only_first && slot != m->slots)) continue;
        slot_cancel(slot);
        start(m, slot);
    }
}

/* One worker more or less. The kernel sends the same to a group in the background of which somebody
 * uses the terminal. */
static void resize_by(struct master *m, const struct signalfd_siginfo *got) {
    if (got->ssi_code == SI_KERNEL) return;
    roll_resize(m, m->slot_count + (got->ssi_signo == SIGTTIN ? 1 : -1));
}

static void take_signals(struct master *m) {
    struct signalfd_siginfo got;
    char error[SENTENCE_SIZE]; /* which is in the log */
    while (read(m->signals, &got, sizeof got) == sizeof got) {
        if (got.ssi_signo == SIGCHLD)
            reap(m);
        else if (got.ssi_signo == SIGHUP && !signals_terminal_is_gone())
            roll_reload(m, error);
        else if (got.ssi_signo == SIGUSR2)
            upgrade_begin(m);
        else if (got.ssi_signo == SIGTTIN || got.ssi_signo == SIGTTOU)
            resize_by(m, &got);
        else
            stop_asked(m, got.ssi_signo != SIGTERM);
    }
}

/* Is a worker to be started there when it is time? */
static bool is_resting(const struct master *m, const struct slot *slot) {
    return m->phase != PHASE_STOPPING && !slot->starting && (!slot->serving || slot->why);
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t next_due(struct master *m) {
    int64_t now = clock_now(), due = earlier(m->drain_due, m->roll.due);
    due = earlier(due, earlier(control_due(&m->control), notify_due()));
    due = earlier(due, inquiry_due(m));
    due = earlier(due, earlier(m->watch.due, scale_due(m)));
    due = earlier(due, earlier(limits_due(m), attached_due(m)));
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) due = earlier(due, w->due);
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));) {
        bool waits_for_its_turn = slot->serving && slot->due <= now;
        if (is_resting(m, slot) && !waits_for_its_turn) due = earlier(due, slot->due);
    }
    return due;
}

static void act_on_time(struct master *m) {
    int64_t now = clock_now();
    stop_act_on_time(m, now);
    attached_act_on_time(m, now);
    inquiry_act_on_time(m, now);
    control_act_on_time(&m->control, now);
    notify_act_on_time(now);
    if (watch_take(&m->watch, now)) files_changed(m);
    scale_act_on_time(m, now);
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));)
        if (is_resting(m, slot) && !slot->serving && slot->due <= now) start(m, slot);
    limits_look(m);
    roll_go_on(m);
    mules_go_on(m);
}

/* Until something happens, or something is due. */
static void wait_and_act(struct master *m) {
    enum {
        SIGNALS,
        WATCH,
        CONTROL,
        READY = CONTROL + CONTROL_WATCHED,
        END = READY + 2 * BOARD_PLACES_MAX,
    };
    static struct pollfd watched[END];
    struct worker *workers = m->workers.at;
    int count = m->workers.count;
    int64_t due = next_due(m), wait = due - clock_now();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / NS_PER_S, wait % NS_PER_S};
    watched[SIGNALS] = (struct pollfd){m->signals, POLLIN, 0};
    watched[WATCH] = (struct pollfd){watch_fd(&m->watch), POLLIN, 0};
    control_watch(&m->control, &watched[CONTROL]);
    struct pollfd *ready = &watched[READY], *answers = ready + count;
    for (int i = 0; i < count; i++) {
        ready[i] = (struct pollfd){workers[i].ready, POLLIN, 0};
        answers[i] = (struct pollfd){workers[i].question, POLLIN, 0};
    }
    ppoll(watched, READY + 2 * (nfds_t)count, due == NEVER ? NULL : &timeout, NULL);
    for (int i = 0; i < count; i++) {
        if (ready[i].revents && workers[i].state == WORKER_STARTING) hear(m, &workers[i]);
        if (answers[i].revents) inquiry_hear(m, &workers[i]);
    }
    if (watched[SIGNALS].revents) take_signals(m);
    if (watched[WATCH].revents) watch_act(&m->watch);
    control_act(m, &watched[CONTROL]);
    act_on_time(m);
}

static void run(struct master *m) {
    if (m->phase == PHASE_STARTING) start(m, &m->slots[0]);
    reap(m); /* who has died while another master gave way to this one */
    while (!stop_is_over(m)) wait_and_act(m);
}

int master_run(struct edition *edition, int argc, char **argv) {
    static struct master master;
    char error[SENTENCE_SIZE];
    master.argc = argc;
    master.argv = argv;
    if (set_up(&master, edition, error) == 0) {
        run(&master);
        control_tell(&master.control, CONTROL_STOPPED, NULL, NULL);
        control_close(&master.control);
        admin_close(&master.admin);
        statsd_finish();
        log_finish();
        return master.exit_code;
    }
    fprintf(stderr, "greenroom: %s\n", error);
    edition_quiesce(edition, NULL);
    control_close(&master.control);
    admin_close(&master.admin);
    return GR_EXIT_USAGE;
}
