/* Attached commands (--attach): programs that the master starts beside the workers, starts again
 * when they end, and ends when it ends itself.
 *
 *              start           ends, or is dismissed
 *     RESTING ───────▶ RUNNING ──────────────────────▶ LEAVING ────▶ freed, if it was dismissed
 *        ▲                                                │
 *        └────────────────────────────────────────────────┘
 *                    nobody of its group is left
 *
 * The one that begins to leave, and whoever is in its process group, is told to end by SIGTERM, and
 * killed when its patience is over. */
#ifndef SUPERVISOR_ATTACHED_H
#define SUPERVISOR_ATTACHED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervisor/backoff.h"
#include "supervisor/log_relay.h"

struct master;

enum attached_state { ATTACHED_RESTING, ATTACHED_RUNNING, ATTACHED_LEAVING };

enum { ATTACHED_TOLD = 96 };

struct attached {
    struct attached *next;
    enum attached_state state;
    bool wanted;   /* not dismissed: the settings in force name it */
    bool begun;    /* it has been started before */
    bool reaped;   /* while LEAVING: itself is gone, others of its group may not be */
    pid_t pid;     /* also of its group; while RESTING the last one's */
    int64_t since; /* when it came into its state */
    int64_t due;   /* while RESTING: when it starts; while LEAVING: when it is killed, or NEVER */
    int64_t again; /* while LEAVING: when it may be started again */
    int64_t patience; /* ns that it may take to end */
    struct backoff backoff;
    char told[ATTACHED_TOLD]; /* what was last said of how it ended; "" once it has run well */
    char program[LOG_PIPE_LOGGER];
    char command[]; /* as the settings have it */
};

/* Those that the settings in force name no longer are dismissed, and those that they name for the
 * first time are started when all who have been dismissed are gone: of one that has changed there
 * are never two. Others are left as they are. */
void attached_follow(struct master *m);

/* Enters a copy of one that another master has started. Returns 0, or -1 with errno. */
int attached_adopt(struct master *m, const struct attached *attached, const char *command);

/* Is the child that has been reaped one of them? Then takes note of its end. */
bool attached_lose(struct master *m, pid_t child, int status);

/* All are dismissed. */
void attached_dismiss_all(struct master *m);

/* Those that leave are killed. */
void attached_hurry(struct master *m);

/* When there is something to do, and does what is due. */
int64_t attached_due(const struct master *m);
void attached_act_on_time(struct master *m, int64_t now);

#endif
