#include "supervisor/limits.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/state.h"

/* Signs of life alone are looked for less often. */
static const int64_t look_every = 250 * (int64_t)NS_PER_MS, listen_every = NS_PER_S;

/* Beyond --unresponsive-timeout, for a worker to end by itself (server/watchdog.h). */
static const int64_t silence_margin = NS_PER_S;

/* How long a worker's size is not looked at, and from then on nothing concluded from its growth: it
 * may load more with its first requests. */
static const int64_t childhood = NS_PER_S, youth = 3 * (int64_t)NS_PER_S;

enum { WHY_SIZE = 96, MIB = 1 << 20 };

/* Between 0 and 1: a process's for its life, and another one's for the next. So that not all go at
 * once. */
static double share(const struct worker *worker) {
    return (uint32_t)worker->pid * UINT32_C(2654435769) / 4294967296.0;
}

/* ---- enough ---- */

static bool has_answered_enough(const struct worker_limits *limits, const struct worker *worker,
                                char *why) {
    double most = limits->max_requests + share(worker) * limits->max_requests_jitter;
    unsigned long answered = atomic_load(&worker->place->requests);
    if (!limits->max_requests || (double)answered < most) return false;
    snprintf(why, WHY_SIZE, "it has answered %lu requests (--max-requests)", answered);
    return true;
}

/* Up to a tenth earlier than was said. */
static bool has_served_enough(const struct worker_limits *limits, const struct worker *worker,
                              char *why) {
    double served = (double)(clock_now() - worker->serving_since);
    double most = (double)limits->max_lifetime * (1 - share(worker) / 10);
    if (!limits->max_lifetime || served < most) return false;
    snprintf(why, WHY_SIZE, "it has served for %.1f s (--max-lifetime)", served / NS_PER_S);
    return true;
}

/* proc_pid_statm(5): the second field, in pages. 0 when it cannot be read. */
static int64_t resident_size(pid_t pid) {
    char path[64];
    long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    if (fscanf(file, "%*d %lld", &pages) != 1) pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* What it will have grown by in so many ns, at the rate at which it has so far. */
static int64_t growth(const struct worker *worker, int64_t size, int64_t ahead) {
    int64_t age = clock_now() - worker->sized;
    if (size <= worker->size || age < youth) return 0;
    return (int64_t)((double)(size - worker->size) / (double)age * (double)ahead);
}

/* How long it will take until a successor has taken over: as long as it took itself to start, and
 * as long again if another slot has its turn first. */
static int64_t handing_over(const struct worker *worker) {
    return 2 * (worker->serving_since - worker->started + look_every);
}

/* A tenth is left in any case for what its last requests bring. */
static int64_t rss_wanted(const struct worker_limits *limits) { return limits->max_rss / 10 * 9; }

static bool has_grown_enough(const struct worker_limits *limits, struct worker *worker, char *why) {
    if (!limits->max_rss || clock_now() - worker->serving_since < childhood) return false;
    int64_t size = resident_size(worker->pid);
    if (!worker->sized) {
        worker->size = size;
        worker->sized = clock_now();
    }
    if (size + growth(worker, size, handing_over(worker)) < rss_wanted(limits)) return false;
    snprintf(why, WHY_SIZE, "it takes %.1f MiB of memory (--max-rss)", (double)size / MIB);
    return true;
}

static bool holds_overdue(const struct worker *worker, char *why) {
    if (!atomic_load(&worker->place->overdue)) return false;
    snprintf(why, WHY_SIZE, "a request of it cannot be ended (--request-timeout)");
    return true;
}

static bool has_had_enough(const struct worker_limits *limits, struct worker *worker, char *why) {
    return holds_overdue(worker, why) || has_grown_enough(limits, worker, why) ||
           has_answered_enough(limits, worker, why) || has_served_enough(limits, worker, why);
}

static bool is_born_large(const struct worker_limits *limits, const struct worker *worker) {
    return worker->sized && worker->size >= rss_wanted(limits);
}

/* One whose successors take too much from the beginning, again and again, is not helped by them. */
static void replace(struct master *m, struct slot *slot, const char *why) {
    const struct worker_limits *limits = &m->edition->settings.limits;
    const struct worker *worker = slot->serving;
    int64_t wait = is_born_large(limits, worker) ? slot_rest(slot, 0) : 0;
    if (wait)
        gr_log(GR_LOG_WARNING, "%s (pid %d): %s from the beginning; replacing it in %.1f s",
               SLOT_NAME(slot->number), worker->pid, why, (double)wait / NS_PER_S);
    roll_replace(m, slot, why);
}

/* ---- silent ---- */

/* Does a debugger hold it? */
static bool is_traced(pid_t pid) {
    char path[64], line[256];
    int tracer = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1) break;
    fclose(file);
    return tracer != 0;
}

/* Time is counted by looks: when the whole machine was stopped, nobody was silent. */
static void listen_to(struct worker *worker, int64_t timeout, int64_t period) {
    unsigned beat = atomic_load(&worker->place->beat);
    worker->silent = beat != worker->beat || !beat ? 0 : worker->silent + period;
    worker->beat = beat;
    if (worker->silent < timeout + silence_margin || is_traced(worker->pid)) return;
    gr_log(GR_LOG_ERROR, "%s (pid %d) has shown no sign of life for %.1f s; killing it",
           SLOT_NAME(worker->slot), worker->pid, (double)worker->silent / NS_PER_S);
    worker->silent = 0;
    worker_kill(worker);
}

/* ---- looking ---- */

/* How often they are looked at; NEVER: not at all. */
static int64_t period_of(const struct master *m) {
    const struct settings *settings = &m->edition->settings;
    const struct worker_limits *limits = &settings->limits;
    if (limits->max_requests || limits->max_rss || limits->max_lifetime ||
        settings->worker.request_timeout)
        return look_every;
    return settings->worker.unresponsive_timeout ? listen_every : NEVER;
}

/* It is being replaced, and that takes too long: better that clients wait than that the kernel runs
 * out of memory. */
static void hold_down(const struct worker_limits *limits, struct slot *slot) {
    const struct worker *worker = slot->serving;
    int64_t size = limits->max_rss ? resident_size(worker->pid) : 0;
    if (!size || is_born_large(limits, worker)) return;
    if (size + growth(worker, size, 2 * look_every) < limits->max_rss) return;
    gr_log(GR_LOG_WARNING,
           "%s (pid %d) takes %.1f MiB of memory (--max-rss) before its successor serves; "
           "requests wait for that",
           SLOT_NAME(slot->number), worker->pid, (double)size / MIB);
    slot_dismiss(slot);
}

static void look_at(struct master *m, struct slot *slot, int64_t period) {
    static char whys[SLOTS_MAX][WHY_SIZE];
    const struct settings *settings = &m->edition->settings;
    char *why = whys[slot->number];
    if (!slot->serving) return;
    if (settings->worker.unresponsive_timeout)
        listen_to(slot->serving, settings->worker.unresponsive_timeout, period);
    if (slot->why)
        hold_down(&settings->limits, slot);
    else if (has_had_enough(&settings->limits, slot->serving, why))
        replace(m, slot, why);
}

int64_t limits_due(const struct master *m) {
    return m->phase == PHASE_RUNNING && period_of(m) != NEVER ? m->limits_due : NEVER;
}

void limits_look(struct master *m) {
    if (limits_due(m) > clock_now()) return;
    int64_t period = period_of(m);
    m->limits_due = clock_after(period);
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));) look_at(m, slot, period);
}
