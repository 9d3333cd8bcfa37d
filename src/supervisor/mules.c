#include "supervisor/mules.h"

#include "supervisor/state.h"

static bool is_ready(const struct slot *slot) {
    const struct worker *worker = slot->serving;
    return worker && worker->state == WORKER_SERVING && !worker->called;
}

static bool workers_are_left(struct master *m) {
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (!slot_is_mule(w->slot)) return true;
    return false;
}

static void end_all(struct master *m) {
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        if (w->state != WORKER_LEAVING) worker_leave(w, false);
}

void mules_go_on(struct master *m) {
    if (m->phase == PHASE_STOPPING) {
        if (!workers_are_left(m)) end_all(m);
        return;
    }
    if (m->phase != PHASE_RUNNING) return;
    for (int i = SLOT_MULES; i < SLOT_MULES + m->mule_count; i++)
        if (is_ready(&m->slots[i]) && !workers_leaving(&m->workers, i))
            worker_call(m->slots[i].serving);
}
