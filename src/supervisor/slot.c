#include "supervisor/slot.h"

#include "base/clock.h"

void slot_init(struct slot *slot, int number) {
    *slot = (struct slot){.number = number, .due = NEVER};
}

bool slot_is_empty(const struct slot *slot) { return !slot->serving && !slot->starting; }

int slot_start(struct slot *slot, struct worker_table *workers, const struct launch *launch) {
    struct worker *worker = worker_start(workers, launch, slot->number);
    if (!worker) return -1;
    slot->starting = worker;
    slot->edition = launch->edition;
    slot->due = NEVER;
    return 0;
}

void slot_adopt(struct slot *slot, struct worker *worker, unsigned edition) {
    slot->serving = worker;
    slot->edition = edition;
    slot->proven = true;
}

void slot_take_over(struct slot *slot, bool in_a_hurry) {
    struct worker *before = slot->serving;
    slot->serving = slot->starting;
    slot->starting = NULL;
    slot->proven = true;
    slot->why = NULL;
    if (before) worker_leave(before, !in_a_hurry);
}

void slot_dismiss(struct slot *slot) {
    worker_leave(slot->serving, true);
    slot->serving = NULL;
    slot->why = NULL;
    if (!slot->starting) slot->due = clock_now();
}

void slot_cancel(struct slot *slot) {
    if (slot->starting) worker_leave(slot->starting, false);
    slot->starting = NULL;
}

int64_t slot_lose(struct slot *slot, const struct worker *worker) {
    if (slot->starting == worker) slot->starting = NULL;
    if (slot->serving == worker) {
        slot->serving = NULL;
        slot->why = NULL;
    }
    return worker->serving_since ? clock_now() - worker->serving_since : 0;
}

int64_t slot_rest(struct slot *slot, int64_t served) {
    int64_t wait = backoff_wait(&slot->backoff, served);
    slot->due = clock_after(wait);
    return wait;
}

void slot_vacate(struct slot *slot) {
    slot_cancel(slot);
    if (slot->serving) worker_leave(slot->serving, true);
    slot->serving = NULL;
    slot->why = NULL;
    slot->due = NEVER;
}
