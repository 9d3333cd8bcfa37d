#include "supervisor/scale.h"

#include <time.h>

#include "base/clock.h"
#include "supervisor/state.h"

static const int64_t look_every = NS_PER_S;

/* Of the process, in ns; 0 when it is gone. */
static int64_t processor_time(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) < 0) return 0;
    return clock_length(&time);
}

/* Since the last look; a worker that is new counts from the next one on. */
static int64_t take_time(struct worker *worker) {
    int64_t now = processor_time(worker->pid), before = worker->processor_time;
    worker->processor_time = now;
    return before && now > before ? now - before : 0;
}

/* While somebody starts, it is seen first what that is good for. */
static bool is_settled(const struct master *m) {
    for (int i = 0; i < m->slot_count; i++)
        if (!m->slots[i].serving || m->slots[i].starting) return false;
    return true;
}

int64_t scale_due(const struct master *m) {
    if (m->phase != PHASE_RUNNING) return NEVER;
    const struct settings *settings = &m->edition->settings;
    return settings->workers_max > settings->worker.workers ? m->scale.due : NEVER;
}

void scale_act_on_time(struct master *m, int64_t now) {
    struct scale *scale = &m->scale;
    if (scale_due(m) > now) return;
    const struct settings *settings = &m->edition->settings;
    int64_t spent = 0, passed = now - scale->looked;
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));) {
        int64_t time = take_time(w);
        if (w->state == WORKER_SERVING && !slot_is_mule(w->slot)) spent += time;
    }
    scale->looked = now;
    scale->due = now + look_every;
    if (!is_settled(m)) return;
    roll_resize(m, scale_judge(scale, (double)spent / (double)passed, m->slot_count,
                               settings->worker.workers, settings->workers_max));
}
