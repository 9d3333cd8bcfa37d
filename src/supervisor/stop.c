#include "supervisor/stop.h"

#include "base/clock.h"
#include "greenroom/log.h"
#include "supervisor/metrics.h"
#include "supervisor/mules.h"
#include "supervisor/notify.h"
#include "supervisor/state.h"

static const int64_t echo = NS_PER_S;

void stop_begin(struct master *m, int exit_code) {
    notify("STOPPING=1\nSTATUS=Finishing requests\n");
    m->phase = PHASE_STOPPING;
    m->exit_code = exit_code;
    m->drain_due = NEVER;
    atomic_store(&m->workers.board->draining, 1);
    m->echo_end = clock_after(echo);
    roll_cancel(m, "the server is stopping");
    upgrade_end(m);
    edition_quiesce(m->edition, NULL);
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (!slot_is_mule(w->slot)) worker_leave(w, false);
    mules_go_on(m);
    metrics_show(NULL, 0);
    edition_close(m->edition, NULL);
    m->edition = NULL;
}

/* Serves on, but says that it is not ready, for whoever spreads requests to hear of it. */
static void announce(struct master *m) {
    int64_t delay = m->edition->settings.drain_delay;
    notify("STOPPING=1\nSTATUS=No longer ready\n");
    m->drain_due = clock_after(delay);
    m->echo_end = clock_after(echo);
    atomic_store(&m->workers.board->draining, 1);
    gr_log(GR_LOG_INFO, "told to stop; draining in %.1f s", (double)delay / NS_PER_S);
}

static void lose_patience(struct worker *worker) {
    gr_log(GR_LOG_WARNING, "killing %s (pid %d), which has not ended", SLOT_NAME(worker->slot),
           worker->pid);
    worker_kill(worker);
}

bool stop_is_announced(const struct master *m) { return m->drain_due != NEVER; }

/* First the workers; attached commands are told to end when those are gone. */
static void hurry(struct master *m) {
    if (!workers_next(&m->workers, NULL)) return attached_hurry(m);
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) lose_patience(w);
}

void stop_asked(struct master *m, bool in_a_hurry) {
    bool stopping = m->phase == PHASE_STOPPING, announced = stop_is_announced(m);
    if ((announced || stopping) && clock_now() < m->echo_end) return;
    if (stopping)
        hurry(m);
    else if (!announced && !in_a_hurry && m->slots[0].proven && m->edition->settings.drain_delay)
        announce(m);
    else
        stop_begin(m, 0);
}

bool stop_is_over(struct master *m) {
    return m->phase == PHASE_STOPPING && !workers_next(&m->workers, NULL) && !m->attached;
}

void stop_act_on_time(struct master *m, int64_t now) {
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (w->due <= now && !worker_may_go_on(w, now)) lose_patience(w);
    if (m->drain_due <= now) stop_begin(m, 0);
    if (m->phase == PHASE_STOPPING && !workers_next(&m->workers, NULL)) attached_dismiss_all(m);
}
