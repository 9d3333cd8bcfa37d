#include "supervisor/control_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/suggest.h"
#include "greenroom/log.h"
#include "supervisor/state.h"
#include "supervisor/stop.h"

enum { WORDS_MAX = 16 };

/* words[0] is the name of the command; behind the last there is NULL. It ends the answer, or has
 * the peer wait. */
struct command {
    const char *name;
    void (*run)(struct master *m, struct peer *peer, char **words);
};

static void run_reload(struct master *m, struct peer *peer, char **words) {
    char error[SENTENCE_SIZE];
    if (!control_can_wait(&m->control)) return peer_end(peer, "too many are waiting already");
    if (roll_reload(m, error) < 0) return peer_end(peer, error);
    peer_wait(peer, CONTROL_RELOADED);
}

static void run_stop(struct master *m, struct peer *peer, char **words) {
    if (!control_can_wait(&m->control)) return peer_end(peer, "too many are waiting already");
    peer_wait(peer, CONTROL_STOPPED);
    if (m->phase != PHASE_STOPPING && !stop_is_announced(m)) stop_asked(m, false);
}

static void run_log_level(struct master *m, struct peer *peer, char **words) {
    char error[SENTENCE_SIZE];
    if (words[1] && log_change_levels(words[1], error) < 0) return peer_end(peer, error);
    if (!words[1]) peer_say(peer, "%s", log_current_levels());
    if (words[1]) gr_log(GR_LOG_INFO, "levels of the log: %s", log_current_levels());
    peer_end(peer, NULL);
}

/* ---- status ---- */

/* "12 s", "3 min", "5 h", "2 d" */
static const char *duration(int64_t ns, char text[24]) {
    static const struct {
        const char *name;
        long long seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    long long seconds = ns / NS_PER_S;
    int unit = 0;
    while (units[unit].seconds > 1 && seconds < 2 * units[unit].seconds) unit++;
    snprintf(text, 24, "%lld %s", seconds / units[unit].seconds, units[unit].name);
    return text;
}

static void say_worker(struct peer *peer, const struct worker *worker) {
    static const char *const states[] = {
        [WORKER_STARTING] = "starting", [WORKER_SERVING] = "serving", [WORKER_LEAVING] = "leaving"};
    char since[24];
    const struct board_place *place = worker->place;
    peer_say(peer, "%6s  %7d  %-8s  %7s  %10lu  %11d  %9d", SLOT_LABEL(worker->slot), worker->pid,
             states[worker->state], duration(clock_now() - worker->since, since),
             atomic_load(&place->requests), atomic_load(&place->connections),
             atomic_load(&place->in_flight));
}

static void say_attached(struct peer *peer, const struct attached *a) {
    static const char *const states[] = {[ATTACHED_RESTING] = "waiting",
                                         [ATTACHED_RUNNING] = "running",
                                         [ATTACHED_LEAVING] = "leaving"};
    char since[24], pid[16] = "-";
    if (a->state != ATTACHED_RESTING) snprintf(pid, sizeof pid, "%d", a->pid);
    peer_say(peer, "%4s  %7s  %-8s  %7s  %s", "", pid, states[a->state],
             duration(clock_now() - a->since, since), a->command);
}

static void run_status(struct master *m, struct peer *peer, char **words) {
    peer_say(peer, "%6s  %7s  %-8s  %7s  %10s  %11s  %9s", "slot", "pid", "state", "since",
             "requests", "connections", "in flight");
    for (int slot = 0; slot < SLOTS_MAX; slot++)
        for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
            if (w->slot == slot) say_worker(peer, w);
    if (m->attached)
        peer_say(peer, "%4s  %7s  %-8s  %7s  %s", "", "pid", "state", "since", "attached");
    for (const struct attached *a = m->attached; a; a = a->next) say_attached(peer, a);
    peer_end(peer, NULL);
}

/* ---- what workers are asked ---- */

static bool is_number(const char *word) {
    return *word && word[strspn(word, "0123456789")] == '\0';
}

/* requests [MOST]: slot and pid, and what src/server/question_commands.c says. */
static void run_requests(struct master *m, struct peer *peer, char **words) {
    char asked[64];
    if (words[1] && !is_number(words[1])) return peer_end(peer, "how many is to be a number");
    snprintf(asked, sizeof asked, "requests %.20s", words[1] ? words[1] : "");
    inquiry_begin(m, peer, asked, 0, NULL, NULL);
}

/* downstreams: slot and pid, and what src/server/question_commands.c says. */
static void run_downstreams(struct master *m, struct peer *peer, char **words) {
    inquiry_begin(m, peer, "downstreams", 0, NULL, NULL);
}

/* stacks [PID|REQUEST], or stacks request REQUEST for one whose id may be a number. */
static void run_stacks(struct master *m, struct peer *peer, char **words) {
    static const char head[] = "%s (pid %d): ";
    char asked[INQUIRY_WORDS];
    bool said = words[1] && words[2] && strcmp(words[1], "request") == 0;
    bool one = !said && words[1] && is_number(words[1]);
    const char *id = one ? NULL : words[1 + said];
    snprintf(asked, sizeof asked, "stacks %s", id ? id : "");
    inquiry_begin(m, peer, asked, one ? atoi(words[1]) : 0, head,
                  id ? "no request in flight has that id" : NULL);
}

/* ---- all of them ---- */

static const struct command commands[] = {
    {"downstreams", run_downstreams},
    {"log-level", run_log_level},
    {"reload", run_reload},
    {"requests", run_requests},
    {"stacks", run_stacks},
    {"status", run_status},
    {"stop", run_stop},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const struct command *find(const char *name) {
    for (const struct command *c = commands; c < commands + COMMAND_COUNT; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

static void refuse(struct peer *peer, const char *name) {
    const char *names[COMMAND_COUNT + 1] = {0};
    char why[128];
    for (int i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i].name;
    const char *nearest = suggest(name, names);
    snprintf(why, sizeof why, "unknown command %.32s%s%s", name, nearest ? "; did you mean " : "",
             nearest ? nearest : "");
    peer_end(peer, why);
}

void control_command_run(struct master *m, struct peer *peer) {
    char *words[WORDS_MAX + 1] = {0}, *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(peer->request, " \r", &rest); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \r", &rest))
        words[count++] = word;
    if (!count) return peer_end(peer, "no command");
    const struct command *command = find(words[0]);
    if (command)
        command->run(m, peer, words);
    else
        refuse(peer, words[0]);
}
