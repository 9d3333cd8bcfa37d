#include "supervisor/slot.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

void slot_init(struct slot *slot, int number, struct board_slot *board) {
    *slot = (struct slot){.state = SLOT_EMPTY, .number = number, .ready = -1, .board = board};
}

static void close_ready(struct slot *slot) {
    if (slot->ready >= 0) close(slot->ready);
    slot->ready = -1;
}

int slot_start(struct slot *slot, const struct launch *launch) {
    pid_t pid = launch_worker(launch, slot->number, &slot->ready);
    if (pid < 0) return -1;
    slot->pid = pid;
    slot->state = SLOT_STARTING;
    atomic_store(&slot->board->pid, pid);
    return 0;
}

void slot_hear(struct slot *slot) {
    char byte;
    ssize_t got = read(slot->ready, &byte, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close_ready(slot);
    if (got != 1) return;
    slot->state = SLOT_SERVING;
    slot->proven = true;
    slot->serving_since = clock_now();
}

/* The worker is no more. */
static void forget_worker(struct slot *slot) {
    close_ready(slot);
    slot->pid = 0;
    atomic_store(&slot->board->pid, 0);
    atomic_store(&slot->board->connections, 0);
    atomic_store(&slot->board->in_flight, 0);
    atomic_store(&slot->board->requests, 0);
    atomic_store(&slot->board->dropped_fields, 0);
    for (int i = 0; i < BREACH_COUNT; i++) atomic_store(&slot->board->breaches[i], 0);
}

int64_t slot_rest(struct slot *slot) {
    int64_t served = slot->state == SLOT_SERVING ? clock_now() - slot->serving_since : 0;
    int64_t wait = backoff_wait(&slot->backoff, served);
    forget_worker(slot);
    slot->state = SLOT_RESTING;
    slot->due = clock_after(wait);
    return wait;
}

void slot_vacate(struct slot *slot) {
    forget_worker(slot);
    slot->state = SLOT_EMPTY;
}

const char *death_describe(int status, char text[48]) {
    if (WIFEXITED(status)) {
        snprintf(text, 48, "exited with code %d", WEXITSTATUS(status));
        return text;
    }
    const char *name = sigabbrev_np(WTERMSIG(status));
    if (name)
        snprintf(text, 48, "died by SIG%s", name);
    else
        snprintf(text, 48, "died by signal %d", WTERMSIG(status));
    return text;
}
