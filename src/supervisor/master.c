#include "supervisor/master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "greenroom/worker.h"
#include "server/log.h"
#include "supervisor/listener.h"
#include "supervisor/slot.h"

enum phase {
    PHASE_STARTING, /* not every slot has served yet: a death means that the application is unfit */
    PHASE_RUNNING,  /* a death means another worker */
    PHASE_STOPPING, /* a death is what we wait for */
};

/* Beyond --graceful-timeout, for a worker to notice that its own time is over. */
static const int64_t stop_margin = NS_PER_S;

/* One wish to stop may come as several signals: to the group and to us, from a shell and from
 * timeout(1). What comes later than this after the first is impatience. */
static const int64_t stop_echo = NS_PER_S;

struct master {
    enum phase phase;
    int exit_code;
    int64_t stop_due; /* while STOPPING: when patience ends */
    int64_t echo_end; /* while STOPPING: until when another signal to stop means the same one */
    int signals;      /* signalfd */
    struct launch launch;
    struct listener listeners[SERVER_LISTENERS_MAX];
    int listener_count;
    struct slot slots[BOARD_SLOTS_MAX];
    int slot_count;
    struct board_slot *board;
    struct pollfd watched[BOARD_SLOTS_MAX + 1]; /* the signals, then the ready pipe of each slot */
};

/* --- Stopping --- */

static void signal_workers(const struct master *m, int signal) {
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].pid) kill(m->slots[i].pid, signal);
}

/* Nobody new gets in before the workers are told, so that each of them can take in everybody who is
 * queued. */
static void stop(struct master *m, int exit_code) {
    m->phase = PHASE_STOPPING;
    m->exit_code = exit_code;
    m->echo_end = clock_after(stop_echo);
    m->stop_due = clock_after(m->launch.options.graceful_timeout + stop_margin);
    for (int i = 0; i < m->listener_count; i++) listener_quiesce(&m->listeners[i]);
    signal_workers(m, SIGTERM);
    for (int i = 0; i < m->listener_count; i++) listener_close(&m->listeners[i]);
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].state == SLOT_RESTING) slot_vacate(&m->slots[i]);
}

static void lose_patience(struct master *m) {
    gr_log(GR_LOG_WARNING, "killing the workers that have not ended");
    signal_workers(m, SIGKILL);
    m->stop_due = NEVER;
}

static bool all_empty(const struct master *m) {
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].state != SLOT_EMPTY) return false;
    return true;
}

/* --- Starting --- */

static bool all_proven(const struct master *m) {
    for (int i = 0; i < m->slot_count; i++)
        if (!m->slots[i].proven) return false;
    return true;
}

static void announce(const struct master *m) {
    char where[2048] = "";
    size_t len = 0;
    for (int i = 0; i < m->listener_count && len < sizeof where; i++)
        len += (size_t)snprintf(where + len, sizeof where - len, "%s%s", i ? ", " : "",
                                m->listeners[i].name);
    fprintf(stderr, "greenroom " GREENROOM_VERSION ": serving %s on %s with %d worker%s (pid %d)\n",
            m->launch.options.app, where, m->slot_count, m->slot_count == 1 ? "" : "s", getpid());
}

static void start(struct master *m, struct slot *slot) {
    if (slot_start(slot, &m->launch) == 0) return;
    int why = errno;
    int64_t wait = slot_rest(slot);
    gr_log(GR_LOG_ERROR, "cannot start worker %d: %s; next try in %.1f s", slot->number,
           strerror(why), (double)wait / NS_PER_S);
}

/* The first worker loads the application alone: what is wrong with it is then said once, and the
 * others, which start when it serves already, find its files in the page cache. */
static void heard(struct master *m, struct slot *slot) {
    slot_hear(slot);
    if (m->phase != PHASE_STARTING || slot->state != SLOT_SERVING) return;
    if (m->launch.options.check_only) {
        fprintf(stderr, "greenroom " GREENROOM_VERSION ": %s can be served\n",
                m->launch.options.app);
        stop(m, 0);
        return;
    }
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].state == SLOT_EMPTY) start(m, &m->slots[i]);
    if (!all_proven(m)) return;
    m->phase = PHASE_RUNNING;
    announce(m);
}

/* --- Deaths --- */

/* GR_EXIT_USAGE and GR_EXIT_APP_FAILED have been explained by the worker itself. */
static void died_unproven(struct master *m, struct slot *slot, int status) {
    char how[48];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code != GR_EXIT_USAGE && code != GR_EXIT_APP_FAILED)
        fprintf(stderr, "greenroom: worker %d %s while starting\n", slot->number,
                death_describe(status, how));
    slot_vacate(slot);
    stop(m, code == GR_EXIT_USAGE ? GR_EXIT_USAGE : GR_EXIT_APP_FAILED);
}

/* Whoever was still loading the application has broken no promise. */
static void died_stopping(struct slot *slot, int status) {
    char how[48];
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (slot->state == SLOT_SERVING && status != 0 && !killed)
        gr_log(GR_LOG_WARNING, "worker %d (pid %d) %s while stopping", slot->number, slot->pid,
               death_describe(status, how));
    slot_vacate(slot);
}

static void died_running(struct slot *slot, int status) {
    char how[48];
    pid_t pid = slot->pid;
    int64_t wait = slot_rest(slot);
    death_describe(status, how);
    if (wait)
        gr_log(GR_LOG_ERROR, "worker %d (pid %d) %s; starting another in %.1f s", slot->number, pid,
               how, (double)wait / NS_PER_S);
    else
        gr_log(GR_LOG_ERROR, "worker %d (pid %d) %s; starting another", slot->number, pid, how);
}

static void died(struct master *m, struct slot *slot, int status) {
    /* It may have served and died before we came to listen to it. */
    if (slot->state == SLOT_STARTING) heard(m, slot);
    if (m->phase == PHASE_STOPPING)
        died_stopping(slot, status);
    else if (m->phase == PHASE_STARTING && !slot->proven)
        died_unproven(m, slot, status);
    else
        died_running(slot, status);
}

/* As process 1 of a container we may be given children that were never ours. */
static void reap(struct master *m) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (int i = 0; i < m->slot_count; i++)
            if (m->slots[i].pid == pid) died(m, &m->slots[i], status);
}

/* --- The loop --- */

static void take_signals(struct master *m) {
    struct signalfd_siginfo got;
    while (read(m->signals, &got, sizeof got) == sizeof got) {
        if (got.ssi_signo == SIGCHLD)
            reap(m);
        else if (m->phase != PHASE_STOPPING)
            stop(m, 0);
        else if (clock_now() >= m->echo_end)
            lose_patience(m);
    }
}

static int64_t next_due(const struct master *m) {
    int64_t due = m->phase == PHASE_STOPPING ? m->stop_due : NEVER;
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].state == SLOT_RESTING && m->slots[i].due < due) due = m->slots[i].due;
    return due;
}

static void act_on_time(struct master *m) {
    int64_t now = clock_now();
    if (m->phase == PHASE_STOPPING && m->stop_due <= now) lose_patience(m);
    for (int i = 0; i < m->slot_count; i++)
        if (m->slots[i].state == SLOT_RESTING && m->slots[i].due <= now) start(m, &m->slots[i]);
}

/* Until something happens, or something is due. */
static void wait_and_act(struct master *m) {
    struct pollfd *watched = m->watched;
    int64_t due = next_due(m), wait = due - clock_now();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / NS_PER_S, wait % NS_PER_S};
    watched[0] = (struct pollfd){m->signals, POLLIN, 0};
    for (int i = 0; i < m->slot_count; i++)
        watched[i + 1] = (struct pollfd){m->slots[i].ready, POLLIN, 0};
    ppoll(watched, (nfds_t)m->slot_count + 1, due == NEVER ? NULL : &timeout, NULL);
    for (int i = 0; i < m->slot_count; i++)
        if (watched[i + 1].revents && m->slots[i].ready >= 0) heard(m, &m->slots[i]);
    if (watched[0].revents) take_signals(m);
    act_on_time(m);
}

static void run(struct master *m) {
    start(m, &m->slots[0]);
    while (m->phase != PHASE_STOPPING || !all_empty(m)) wait_and_act(m);
}

/* --- Set-up --- */

/* A socket must not become descriptor 0, 1 or 2 because whoever started us had closed it. */
static void open_standard_descriptors(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A SIGHUP that nohup(1) has had ignored stays ignored. */
static int signals_open(void) {
    struct sigaction hangup;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would have the kernel reap the workers */
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int listeners_open(struct master *m, const struct settings *settings, char *error) {
    struct server_options *options = &m->launch.options;
    int (*opener)(struct listener *, const struct address *, char *) =
        options->check_only ? listener_try : listener_open;
    for (int i = 0; i < settings->bind_count; i++) {
        if (opener(&m->listeners[i], &settings->binds[i], error) < 0) return -1;
        m->listener_count++;
        options->listen_fds[options->listen_count++] = m->listeners[i].fd;
    }
    return 0;
}

/* A session that one worker has given a ticket is resumed by any other, and by its successors. */
static int tickets_open(struct server_options *options) {
    char secret[SERVER_TICKET_SECRET];
    bool wanted = false;
    for (int i = 0; i < SERVER_LISTENERS_MAX; i++) wanted |= options->tls[i].count > 0;
    if (!wanted) return 0;
    int fd = options->tickets_fd = memfd_create("greenroom-tickets", MFD_CLOEXEC);
    if (fd < 0 || getrandom(secret, sizeof secret, 0) != sizeof secret) return -1;
    bool written = pwrite(fd, secret, sizeof secret, 0) == sizeof secret;
    explicit_bzero(secret, sizeof secret);
    return written ? 0 : -1;
}

/* The workers will open it, as often as they are started: what is wrong is better said now. */
static int access_log_check(const char *path, char *error) {
    if (!*path || strcmp(path, "-") == 0) return 0;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (fd < 0) return sentence(error, "cannot open the access log %s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

static int board_open(struct master *m) {
    size_t size = board_size(m->slot_count);
    int fd = m->launch.options.board_fd = memfd_create("greenroom-board", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0) return -1;
    m->board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return m->board == MAP_FAILED ? -1 : 0;
}

static int set_up(struct master *m, const struct settings *settings, char *error) {
    m->slot_count = settings->worker.workers;
    open_standard_descriptors();
    raise_descriptor_limit();
    log_identify("master");
    if (launch_prepare(&m->launch, settings, error) < 0) return -1;
    if (access_log_check(settings->worker.access_log, error) < 0) return -1;
    if ((m->signals = signals_open()) < 0 || board_open(m) < 0 ||
        tickets_open(&m->launch.options) < 0)
        return sentence(error, "cannot start: %s", strerror(errno));
    for (int i = 0; i < m->slot_count; i++) slot_init(&m->slots[i], i, &m->board[i]);
    return listeners_open(m, settings, error);
}

int master_run(const struct settings *settings) {
    static struct master master;
    char error[SENTENCE_SIZE];
    if (set_up(&master, settings, error) == 0) {
        run(&master);
        return master.exit_code;
    }
    fprintf(stderr, "greenroom: %s\n", error);
    for (int i = 0; i < master.listener_count; i++) listener_quiesce(&master.listeners[i]);
    return GR_EXIT_USAGE;
}
