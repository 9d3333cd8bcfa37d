/* Worker processes, each from its start to its death, and the table of them all.
 *
 *     NONE ──start──▶ STARTING ──hear──▶ SERVING ──leave──▶ LEAVING
 *      ▲                 │ │                │                  │
 *      │                 │ └─────leave──────┼──────────▶       │
 *      └──────bury───────┴──────────────────┴──────────────────┘
 *
 * The index in the table is also the number of the worker's place on the board: it belongs to one
 * process at a time, until that has been reaped. */
#ifndef SUPERVISOR_WORKER_H
#define SUPERVISOR_WORKER_H

#include "server/board.h"
#include "supervisor/launch.h"

enum worker_state {
    WORKER_NONE,
    WORKER_STARTING, /* loads the application */
    WORKER_SERVING,
    WORKER_LEAVING, /* has been told to end */
};

enum { WORKER_WHY_SIZE = 256 };

struct worker {
    enum worker_state state;
    pid_t pid;     /* 0: none */
    int slot;      /* for which it was started: see supervisor/slot.h */
    int ready;     /* while STARTING: where it says how that went; otherwise -1 */
    int question;  /* where it is asked, see supervisor/inquiry.h; -1: nowhere */
    int64_t since; /* when it came into its state */
    bool called;   /* a mule: it has been told to call its function */
    int64_t started;
    int64_t serving_since; /* 0: it has never served */
    int64_t patience;      /* ns that it may take to end: its own graceful timeout, and a margin */
    int64_t due;           /* while LEAVING: when to look whether it goes on; NEVER once killed */
    int unfinished;        /* its requests in flight, at the last such look */
    char why[WORKER_WHY_SIZE]; /* why it will never serve, as it says itself; "" */
    struct board_place *place;
    int64_t processor_time; /* ns, when supervisor/scale.c looked last; 0: it has not */
    unsigned beat;          /* of its place, when supervisor/limits.c looked last */
    int64_t silent;         /* ns since it has changed */
    int64_t size;           /* resident bytes, when it looked first */
    int64_t sized;          /* when that was; 0: not yet */
};

struct worker_table {
    struct worker at[BOARD_PLACES_MAX];
    int count; /* those from this one on are NONE */
    struct board *board;
    int board_fd;
};

/* Makes the board. Returns 0, or -1 with errno. */
int workers_open(struct worker_table *table);

/* The same with the board that another master has made. */
int workers_map(struct worker_table *table, int board_fd);

/* All of them in turn: the one behind after, the first for NULL; NULL at the end. */
struct worker *workers_next(struct worker_table *table, struct worker *after);

/* NULL when it is none of ours. */
struct worker *workers_find(struct worker_table *table, pid_t pid);

/* How many of a slot are LEAVING. */
int workers_leaving(struct worker_table *table, int slot);

/* Starts one in the first free place. NULL with errno, EAGAIN when there is no place. */
struct worker *worker_start(struct worker_table *table, const struct launch *launch, int slot);

/* Enters one that another master has started, and that has that place. Returns it. */
struct worker *worker_adopt(struct worker_table *table, int place, const struct worker *worker);

/* Takes note of what has come through the ready pipe: that it serves, why it never will, or nothing
 * more, and its death will follow. */
void worker_hear(struct worker *worker);

/* Tells a mule that is ready to call its function. It serves from now on. */
void worker_call(struct worker *worker);

/* It has closed its end: it cannot be asked any more. */
void worker_end_questions(struct worker *worker);

/* Tells it to end. One whose slot another has taken over is given time for its idle connections:
 * src/server/serving.c. May be called again, to take that time away. */
void worker_leave(struct worker *worker, bool replaced);

/* It is due, and LEAVING. May it take more time, since its cancelled requests are ending? */
bool worker_may_go_on(struct worker *worker, int64_t now);

/* Ends it without asking. */
void worker_kill(struct worker *worker);

/* It has been reaped: to NONE, and its place is nobody's. */
void worker_bury(struct worker_table *table, struct worker *worker);

enum { EPITAPH_SIZE = 128 + WORKER_WHY_SIZE };

/* How it ended, from the status of waitpid(2), and why, if it has said so: "worker 3 (pid 12) died
 * by SIGSEGV", "worker 3 (pid 12) exited with code 2: there is no module shop". Returns text. */
const char *worker_epitaph(const struct worker *worker, int status, char text[EPITAPH_SIZE]);

#endif
