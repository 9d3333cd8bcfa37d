#include "supervisor/attached.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/attached_launch.h"
#include "supervisor/exit_status.h"
#include "supervisor/state.h"

/* A group has nobody who tells of its end. */
static const int64_t look_every = 50 * (int64_t)NS_PER_MS;

static void become(struct attached *a, enum attached_state state) {
    a->state = state;
    a->since = clock_now();
}

/* ---- the list ---- */

static void append(struct master *m, struct attached *a) {
    struct attached **end = &m->attached;
    while (*end) end = &(*end)->next;
    *end = a;
    a->next = NULL;
}

static void remove_from(struct master *m, struct attached *a) {
    struct attached **at = &m->attached;
    while (*at != a) at = &(*at)->next;
    *at = a->next;
    free(a);
}

int attached_adopt(struct master *m, const struct attached *attached, const char *command) {
    size_t size = strlen(command) + 1;
    struct attached *a = malloc(sizeof *a + size);
    if (!a) return -1;
    *a = *attached;
    memcpy(a->command, command, size);
    attached_program(command, a->program);
    append(m, a);
    return 0;
}

/* ---- starting ---- */

static bool is_anybody_dismissed(const struct master *m) {
    for (const struct attached *a = m->attached; a; a = a->next)
        if (!a->wanted) return true;
    return false;
}

static bool may_start(const struct master *m, const struct attached *a) {
    return m->phase != PHASE_STOPPING && (a->begun || !is_anybody_dismissed(m));
}

/* How it ended, or why it could not be started, is said when it is news. */
static void tell(struct attached *a, const char *what, int64_t wait) {
    if (strcmp(a->told, what) == 0) return;
    snprintf(a->told, sizeof a->told, "%s", what);
    if (wait)
        gr_log(GR_LOG_ERROR, "attached %s %s; starting it again in %.1f s", a->program, what,
               (double)wait / NS_PER_S);
    else
        gr_log(GR_LOG_ERROR, "attached %s %s; starting it again", a->program, what);
}

/* Returns when it may be started again, since it has run for so many ns. */
static int64_t rest(struct attached *a, int64_t ran, const char *what) {
    int64_t wait = backoff_wait(&a->backoff, ran);
    if (!wait) *a->told = '\0';
    tell(a, what, wait);
    return clock_after(wait);
}

/* Whom it leaves behind becomes our child, and so does not stay a zombie in its group. */
static void start(struct master *m, struct attached *a) {
    char why[ATTACHED_TOLD];
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = attached_launch(a->command, a->program, &m->edition->launch);
    if (pid < 0) {
        snprintf(why, sizeof why, "cannot be started: %s", strerror(errno));
        a->due = rest(a, 0, why);
        return;
    }
    if (!a->begun) gr_log(GR_LOG_INFO, "attached %s (pid %d)", a->program, pid);
    a->begun = true;
    a->pid = pid;
    become(a, ATTACHED_RUNNING);
}

/* ---- ending ---- */

/* Before it has come to have a group it is alone. */
static void send(const struct attached *a, int number) {
    if (kill(-a->pid, number) < 0 && !a->reaped) kill(a->pid, number);
}

static void leave(struct attached *a) {
    become(a, ATTACHED_LEAVING);
    a->due = clock_after(a->patience);
    send(a, SIGTERM);
}

static void dismiss(struct master *m, struct attached *a) {
    a->wanted = false;
    if (a->state == ATTACHED_RUNNING) leave(a);
    if (a->state == ATTACHED_RESTING) remove_from(m, a);
}

static void finish(struct master *m, struct attached *a) {
    if (!a->wanted) return remove_from(m, a);
    become(a, ATTACHED_RESTING);
    a->due = a->again;
    a->reaped = false;
}

/* Who is left when it has been killed is a zombie that nobody has waited for yet. */
static void look_at_group(struct master *m, struct attached *a) {
    bool is_empty = a->due == NEVER || (kill(-a->pid, 0) < 0 && errno == ESRCH);
    if (a->reaped && is_empty) finish(m, a);
}

static void lose_patience(struct master *m, struct attached *a) {
    gr_log(GR_LOG_WARNING, "killing attached %s (pid %d), which has not ended", a->program, a->pid);
    a->due = NEVER;
    send(a, SIGKILL);
    look_at_group(m, a);
}

bool attached_lose(struct master *m, pid_t child, int status) {
    char how[EXIT_STATUS_SIZE];
    struct attached *a = m->attached;
    while (a && (a->state == ATTACHED_RESTING || a->reaped || a->pid != child)) a = a->next;
    if (!a) return false;
    a->reaped = true;
    if (m->phase == PHASE_STOPPING)
        a->wanted = false;
    else if (a->state == ATTACHED_RUNNING)
        a->again = rest(a, clock_now() - a->since, exit_status_print(status, how));
    if (a->state == ATTACHED_RUNNING) leave(a);
    look_at_group(m, a);
    return true;
}

/* ---- what the settings say ---- */

static bool take(const char **names, int count, const char *command) {
    for (int i = 0; i < count; i++) {
        if (!names[i] || strcmp(names[i], command) != 0) continue;
        names[i] = NULL;
        return true;
    }
    return false;
}

static void add(struct master *m, const char *command) {
    const struct attached fresh = {
        .wanted = true,
        .since = clock_now(),
        .due = clock_now(),
        .patience = m->edition->settings.worker.graceful_timeout,
    };
    if (attached_adopt(m, &fresh, command) < 0)
        gr_log(GR_LOG_ERROR, "cannot attach %s: %s", command, strerror(errno));
}

void attached_follow(struct master *m) {
    const struct settings *settings = &m->edition->settings;
    const char *names[SETTINGS_ATTACHED_MAX];
    int count = settings->attached_count;
    for (int i = 0; i < count; i++) names[i] = settings->attached[i];
    for (struct attached *a = m->attached, *next; a; a = next) {
        next = a->next;
        a->patience = settings->worker.graceful_timeout;
        if (a->wanted && !take(names, count, a->command)) dismiss(m, a);
    }
    for (int i = 0; i < count; i++)
        if (names[i]) add(m, names[i]);
}

void attached_dismiss_all(struct master *m) {
    for (struct attached *a = m->attached, *next; a; a = next) {
        next = a->next;
        dismiss(m, a);
    }
}

void attached_hurry(struct master *m) {
    for (struct attached *a = m->attached, *next; a; a = next) {
        next = a->next;
        if (a->state == ATTACHED_LEAVING) lose_patience(m, a);
    }
}

/* ---- time ---- */

static int64_t due_of(const struct master *m, const struct attached *a) {
    switch (a->state) {
    case ATTACHED_RESTING:
        return may_start(m, a) ? a->due : NEVER;
    case ATTACHED_LEAVING:
        return a->reaped && clock_after(look_every) < a->due ? clock_after(look_every) : a->due;
    default:
        return NEVER;
    }
}

int64_t attached_due(const struct master *m) {
    int64_t due = NEVER;
    for (const struct attached *a = m->attached; a; a = a->next)
        if (due_of(m, a) < due) due = due_of(m, a);
    return due;
}

void attached_act_on_time(struct master *m, int64_t now) {
    for (struct attached *a = m->attached, *next; a; a = next) {
        next = a->next;
        if (a->state == ATTACHED_RESTING && may_start(m, a) && a->due <= now)
            start(m, a);
        else if (a->state == ATTACHED_LEAVING && a->due <= now)
            lose_patience(m, a);
        else if (a->state == ATTACHED_LEAVING)
            look_at_group(m, a);
    }
}
