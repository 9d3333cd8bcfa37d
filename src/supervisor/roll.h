/* Replacing workers while they serve. A new one starts beside the old one and takes over when it is
 * ready; then the old one is told to end. One that fails to start changes nothing.
 *
 * One slot has its turn at a time, the others wait. A reload is a turn of each slot, with workers
 * of a new edition. That edition is in force as soon as one worker of it serves: its sockets stay,
 * those that went are closed, and whichever worker dies is succeeded by one of it. A reload is over
 * when whoever connects finds a new worker. It ends at the first one that fails to start; and when
 * another reload begins, which then is what counts.
 *
 * Mules have their turns behind the workers, in the same way.
 *
 * At every moment somebody accepts on each socket: the old worker until the new one does. */
#ifndef SUPERVISOR_ROLL_H
#define SUPERVISOR_ROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/sentence.h"

struct edition;
struct master;
struct slot;

struct roll {
    struct slot *slot;    /* whose turn it is: somebody starts in it; NULL: nobody's */
    bool reloading;       /* until all slots have had their turn */
    bool asked;           /* for a reload, before the server has started */
    struct edition *next; /* of the reload, until it is in force */
    int64_t began;        /* the reload */
    int64_t took_over;    /* the worker that did last */
    int64_t due;          /* when to look again whether the old ones have let go; NEVER */
};

/* Reads the settings again and has all workers replaced; while the server starts, after that. Those
 * who wait for CONTROL_RELOADED are told how it went. Returns 0, or -1 with a sentence, which is in
 * the log as well: something is wrong with the settings, and nothing changes, or the server is
 * stopping. */
int roll_reload(struct master *m, char error[SENTENCE_SIZE]);

/* From now on there are so many slots, or as near to that as can be, until a reload of settings
 * that say otherwise. Nothing happens unless the server has started and is not stopping. */
void roll_resize(struct master *m, int count);

/* Has the worker of a slot replaced when it is its turn. It is tried again for as long as it fails,
 * with growing waits. Nothing happens where nobody serves. why ends a sentence that begins with
 * "replacing worker 3: "; it has to outlive the slot. */
void roll_replace(struct master *m, struct slot *slot, const char *why);

/* To be called whenever something has happened: the next one's turn begins, if it is due. */
void roll_go_on(struct master *m);

/* The worker that was starting in the slot serves now, and takes over. */
void roll_take_over(struct master *m, struct slot *slot);

/* The worker that was starting in the slot is no more, as who tells: "worker 3 (pid 12) died by
 * SIGSEGV". Returns false where that was no replacement: nobody serves in the slot, and nobody will
 * unless it is started again. */
bool roll_lost(struct master *m, struct slot *slot, const char *who);

/* Whoever is missing in a slot is started. */
void roll_fill_slots(struct master *m);

/* Gives up the reload that is under way, if there is one, and tells why to those who wait for it.
 */
void roll_cancel(struct master *m, const char *why);

/* Has all workers replaced by those of the edition that is in force, which is not that of those who
 * serve: another master has left them. */
void roll_begin(struct master *m);

#endif
