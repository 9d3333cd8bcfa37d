/* A slot is the place of one worker, which is handed on when the worker dies.
 *
 *     EMPTY ──start──▶ STARTING ──ready──▶ SERVING
 *                        ▲  │ died            │ died
 *                  start │  ▼                 │
 *                      RESTING ◀──────────────┘        any ──vacate──▶ EMPTY
 */
#ifndef SUPERVISOR_SLOT_H
#define SUPERVISOR_SLOT_H

#include "server/board.h"
#include "supervisor/backoff.h"
#include "supervisor/launch.h"

enum slot_state {
    SLOT_EMPTY,    /* no worker, and none wanted */
    SLOT_STARTING, /* its worker loads the application */
    SLOT_SERVING,
    SLOT_RESTING, /* no worker until due */
};

struct slot {
    enum slot_state state;
    int number;
    pid_t pid;             /* while STARTING or SERVING, otherwise 0 */
    int ready;             /* while STARTING: where the worker says that it serves; otherwise -1 */
    bool proven;           /* a worker of this slot has served */
    int64_t serving_since; /* while SERVING */
    int64_t due;           /* while RESTING: when to start the next worker */
    struct backoff backoff;
    struct board_slot *board;
};

/* EMPTY. board outlives the slot. */
void slot_init(struct slot *slot, int number, struct board_slot *board);

/* From EMPTY or RESTING to STARTING. Returns 0, or -1 with errno: nothing has changed. */
int slot_start(struct slot *slot, const struct launch *launch);

/* Takes note of what has come through the ready pipe: the worker serves, or it has closed the pipe,
 * and its death will follow. */
void slot_hear(struct slot *slot);

/* To RESTING, for as long as the backoff says, since the worker has died or could not be started.
 * Returns that time in ns. */
int64_t slot_rest(struct slot *slot);

/* To EMPTY, since the worker has died or none is wanted any more. */
void slot_vacate(struct slot *slot);

/* How a process ended, from the status of waitpid(2): "exited with code 3", "died by SIGSEGV". */
const char *death_describe(int status, char text[48]);

#endif
