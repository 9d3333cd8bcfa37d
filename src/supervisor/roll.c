#include "supervisor/roll.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/directory.h"
#include "supervisor/metrics.h"
#include "supervisor/notify.h"
#include "supervisor/state.h"
#include "supervisor/stop.h"

/* Of one slot, that have not ended yet. The next one waits for them. */
enum { LEAVING_MAX = 2 };

/* A reload is over when nobody of the old ones accepts any more, or seems not to come to it. */
static const int64_t settling_look = 2 * (int64_t)NS_PER_MS;
static const int64_t settling_max = NS_PER_S;

/* ---- whose turn it is ---- */

static const struct edition *newest(const struct master *m) {
    return m->roll.next ? m->roll.next : m->edition;
}

static bool is_in_turn(const struct master *m, const struct slot *slot) {
    if (m->roll.reloading && slot->edition != newest(m)->launch.edition) return true;
    bool is_due = slot->due == NEVER || slot->due <= clock_now();
    return slot->why && !slot->starting && is_due;
}

static struct slot *next_in_turn(struct master *m) {
    struct slot *slot = NULL;
    while ((slot = slots_next(m, slot)) && !is_in_turn(m, slot)) {
    }
    return slot;
}

/* Those that have all the time in the world have to hurry. */
static bool has_room(struct master *m, const struct slot *slot) {
    if (workers_leaving(&m->workers, slot->number) < LEAVING_MAX) return true;
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (w->state == WORKER_LEAVING && w->slot == slot->number && w->place->replaced)
            worker_leave(w, false);
    return false;
}

static void start(struct master *m, struct slot *slot, const struct edition *edition) {
    char who[128];
    if (slot->serving && slot->why)
        gr_log(GR_LOG_INFO, "replacing %s (pid %d): %s", SLOT_NAME(slot->number),
               slot->serving->pid, slot->why);
    if (slot_start(slot, &m->workers, edition_launch(edition, slot->number)) == 0) return;
    snprintf(who, sizeof who, "%s cannot be started: %s", SLOT_NAME(slot->number), strerror(errno));
    roll_lost(m, slot, who);
}

/* Whoever is starting there already, for an older edition, is not waited for. */
static void begin_turn(struct master *m, struct slot *slot) {
    slot_cancel(slot);
    m->roll.slot = slot;
    start(m, slot, newest(m));
}

/* ---- reloading ---- */

static void end_reload(struct master *m) {
    m->roll.reloading = false;
    m->roll.slot = NULL;
    if (m->roll.next) edition_quiesce(m->roll.next, m->edition);
    edition_close(m->roll.next, m->edition);
    m->roll.next = NULL;
}

void roll_fill_slots(struct master *m) {
    for (struct slot *slot = NULL; (slot = slots_next(m, slot));)
        if (slot_is_empty(slot) && slot->due == NEVER) slot->due = clock_now();
}

/* It may have sockets of the reload that is under way, which then are its own. */
static struct edition *read_anew(struct master *m, char error[SENTENCE_SIZE]) {
    struct edition *next, *pending = m->roll.next;
    if (directory_return(error) < 0) return NULL;
    if (edition_read(&next, m->argc, m->argv, error) != COMMAND_LINE_GO) return NULL;
    if (edition_prepare(next, m->editions + 1, &m->heirlooms, m->edition, pending, error) == 0) {
        if (pending) edition_leave_sockets(pending, next);
        return next;
    }
    edition_leave_sockets(next, pending);
    edition_quiesce(next, m->edition);
    edition_close(next, m->edition);
    return NULL;
}

/* A worker that was starting for a reload which no longer counts is not to take over. */
static void cancel_turn(struct master *m) {
    if (m->roll.slot) slot_cancel(m->roll.slot);
    end_reload(m);
}

static void begin_reload(struct master *m) {
    notify_reloading();
    m->roll.reloading = true;
    m->roll.began = clock_now();
}

int roll_reload(struct master *m, char error[SENTENCE_SIZE]) {
    if (m->phase == PHASE_STOPPING || stop_is_announced(m))
        return sentence(error, "the server is stopping");
    m->roll.asked = m->phase == PHASE_STARTING;
    if (m->roll.asked) return 0;
    struct edition *next = read_anew(m, error);
    if (!next) {
        gr_log(GR_LOG_ERROR, "cannot reload: %s; serving goes on with the old settings", error);
        notify_reloading();
        notify("READY=1\nSTATUS=Serving; cannot reload: %s\n", error);
        return -1;
    }
    cancel_turn(m);
    m->editions++;
    m->roll.next = next;
    begin_reload(m);
    gr_log(GR_LOG_INFO, "reloading");
    return 0;
}

/* Where the settings leave it open, the number stays. */
static int within_settings(const struct master *m, int count) {
    const struct settings *settings = &m->edition->settings;
    if (count < settings->worker.workers) return settings->worker.workers;
    return count > settings->workers_max ? settings->workers_max : count;
}

static void vacate(struct master *m, struct slot *slot) {
    if (m->roll.slot == slot) m->roll.slot = NULL;
    slot_vacate(slot);
}

/* The slots from first on, of which there are *count, become as many as wanted. */
static void set_count(struct master *m, int first, int *count, int wanted) {
    for (int i = first + wanted; i < first + *count; i++) vacate(m, &m->slots[i]);
    for (int i = first + *count; i < first + wanted; i++) slot_init(&m->slots[i], i);
    *count = wanted;
}

static void set_slot_count(struct master *m, int count) {
    set_count(m, 0, &m->slot_count, count);
    m->edition->launch.options.workers = count;
}

/* As many slots as the settings in force want. */
static void fit_slots(struct master *m) {
    set_slot_count(m, within_settings(m, m->slot_count));
    set_count(m, SLOT_MULES, &m->mule_count, m->edition->settings.worker.mule_count);
}

void roll_resize(struct master *m, int count) {
    if (m->phase != PHASE_RUNNING || stop_is_announced(m)) return;
    if (count < 1) count = 1;
    if (count > BOARD_SLOTS_MAX) count = BOARD_SLOTS_MAX;
    if (count == m->slot_count) return;
    set_slot_count(m, count);
    roll_fill_slots(m);
    gr_log(GR_LOG_INFO, "workers from now on: %d", count);
}

void roll_begin(struct master *m) {
    fit_slots(m);
    begin_reload(m);
    m->roll.due = clock_now();
}

/* What one worker serves with is good enough for all. */
static void put_in_force(struct master *m) {
    struct edition *before = m->edition;
    m->edition = m->roll.next;
    m->roll.next = NULL;
    log_adopt_levels(&m->edition->settings.worker);
    metrics_show(m->edition->listeners, m->edition->listener_count);
    edition_quiesce(before, m->edition);
    edition_close(before, m->edition);
    attached_follow(m);
    fit_slots(m);
}

/* Who has been told to end may take what is queued yet. One that hangs is not waited for. */
static bool has_settled(struct master *m) {
    int64_t now = clock_now();
    if (now >= m->roll.took_over + settling_max) return true;
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) {
        if (w->state != WORKER_LEAVING || !atomic_load(&w->place->accepting)) continue;
        m->roll.due = now + settling_look;
        return false;
    }
    return true;
}

static void finish_reload(struct master *m) {
    char text[64];
    end_reload(m);
    snprintf(text, sizeof text, "reloaded in %.1f s",
             (double)(clock_now() - m->roll.began) / NS_PER_S);
    gr_log(GR_LOG_INFO, "%s", text);
    control_tell(&m->control, CONTROL_RELOADED, text, NULL);
    notify("READY=1\nSTATUS=Serving, %s, workers: %d\n", text, m->slot_count);
}

/* ---- what happens ---- */

void roll_go_on(struct master *m) {
    m->roll.due = NEVER;
    if (m->phase != PHASE_RUNNING || m->roll.slot) return;
    struct slot *slot = next_in_turn(m);
    if (slot && has_room(m, slot)) begin_turn(m, slot);
    if (!slot && m->roll.reloading && has_settled(m)) finish_reload(m);
}

void roll_take_over(struct master *m, struct slot *slot) {
    if (m->roll.slot == slot) {
        m->roll.slot = NULL;
        if (m->roll.next) put_in_force(m);
    }
    slot_take_over(slot, m->watch.open); /* a developer wants the new code in the next answer */
    m->roll.took_over = clock_now();
}

bool roll_lost(struct master *m, struct slot *slot, const char *who) {
    bool was_its_turn = m->roll.slot == slot;
    if (was_its_turn) m->roll.slot = NULL;
    if (was_its_turn && m->roll.reloading) {
        gr_log(GR_LOG_ERROR, "the reload has failed: %s; the workers that serve go on", who);
        end_reload(m);
        roll_fill_slots(m); /* those that were to be filled by the reload */
        control_tell(&m->control, CONTROL_RELOADED, NULL, who);
        notify("READY=1\nSTATUS=Serving; the reload has failed: %s\n", who);
        return true;
    }
    if (!slot->serving) return false;
    int64_t wait = slot_rest(slot, 0);
    gr_log(GR_LOG_ERROR, "%s; the old one goes on, next try in %.1f s", who,
           (double)wait / NS_PER_S);
    return true;
}

void roll_replace(struct master *m, struct slot *slot, const char *why) {
    if (slot->serving && !slot->why) slot->why = why;
}

void roll_cancel(struct master *m, const char *why) {
    cancel_turn(m);
    control_tell(&m->control, CONTROL_RELOADED, NULL, why);
}
