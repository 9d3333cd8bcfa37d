#include "supervisor/upgrade.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "greenroom/log.h"
#include "supervisor/directory.h"
#include "supervisor/handover.h"
#include "supervisor/log_setup.h"
#include "supervisor/program.h"
#include "supervisor/state.h"
#include "supervisor/stop.h"

/* What the binary that asks expects: handover_format. */
static const char variable[] = "GREENROOM_HANDOVER";

static void fail(const char *why) {
    gr_log(GR_LOG_ERROR, "the upgrade has failed: %s; the old program goes on", why);
}

/* argv as main had it. getopt_long may have changed the order, which means the same. */
static void execute(const struct master *m, const char *command) {
    char *argv[m->argc + 2];
    argv[0] = program_invocation_name;
    argv[1] = (char *)command;
    for (int i = 1; i <= m->argc; i++) argv[i + 1] = m->argv[i]; /* NULL at the end */
    execv(program_path(), argv);
}

/* ---- the check ---- */

static void become_check(const struct master *m, pid_t master) {
    sigset_t none;
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != master) _exit(1);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setenv(variable, handover_format(), 1) == 0) execute(m, "check");
    dprintf(STDERR_FILENO, "greenroom: cannot run %s: %s\n", program_path(), strerror(errno));
    _exit(1);
}

void upgrade_begin(struct master *m) {
    char error[SENTENCE_SIZE];
    pid_t master = getpid();
    if (m->phase != PHASE_RUNNING || stop_is_announced(m))
        return fail("the server is starting or stopping");
    if (m->upgrade.check) return fail("another is under way");
    if (directory_return(error) < 0) return fail(error);
    gr_log(GR_LOG_INFO, "upgrading: trying %s", program_path());
    pid_t child = fork();
    if (child == 0) become_check(m, master);
    if (child < 0) return fail(strerror(errno));
    m->upgrade.check = child;
}

bool upgrade_refuses(char error[SENTENCE_SIZE]) {
    const char *wanted = getenv(variable);
    if (!wanted || strcmp(wanted, handover_format()) == 0) return false;
    sentence(error, "greenroom " GREENROOM_VERSION " cannot take over from the version that runs");
    return true;
}

/* ---- the execution ---- */

static void change_places(struct master *m) {
    roll_cancel(m, "the server is being upgraded");
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));) slot_cancel(slot);
    gr_log(GR_LOG_INFO, "upgrading: going on as %s", program_path());
    log_pause();
    if (handover_leave(m) == 0) execute(m, m->argv[0]);
    int why = errno;
    handover_take_back(m);
    log_go_on();
    roll_fill_slots(m);
    fail(strerror(why));
}

bool upgrade_go_on(struct master *m, pid_t child, int status) {
    char text[64];
    if (child != m->upgrade.check) return false;
    m->upgrade.check = 0;
    if (m->phase == PHASE_STOPPING || stop_is_announced(m)) return true;
    if (status == 0) {
        change_places(m);
        return true;
    }
    snprintf(text, sizeof text, "its check ended with %s %d", WIFEXITED(status) ? "code" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    fail(text);
    return true;
}

void upgrade_end(struct master *m) {
    if (m->upgrade.check) kill(m->upgrade.check, SIGTERM);
}
