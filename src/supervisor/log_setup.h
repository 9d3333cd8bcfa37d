/* The log of master and workers as a whole: where it goes, and what brings it there.
 *
 *   worker 0 ──▶ ring ──┐                                   fd 1, 2 of workers ──▶ pipes
 *   worker 1 ──▶ ring ──┼──▶ log_writer ──▶ log_output          and of their children  │
 *   master   ──▶ ring ──┘        ▲                                                     ▼
 *                    └───────────┼──────────────────────────────────────────────── log_relay
 *
 * An access log of its own has rings, a writer and an output for itself. */
#ifndef SUPERVISOR_LOG_SETUP_H
#define SUPERVISOR_LOG_SETUP_H

#include "config/sentence.h"
#include "server/options.h"

/* What workers of any edition need for it. */
struct log_share {
    int log_fd, access_fd; /* -1: there is no access log of its own */
    bool json, colour;
};

/* Opens what options name, and starts the threads. *share has the descriptors that another master
 * has left, -1 where there is none. Returns 0, or -1 with a sentence. */
int log_setup(const struct server_options *options, struct log_share *share,
              char error[SENTENCE_SIZE]);

/* Has a worker log as the master does, whatever its own options say of where and how: that holds
 * for the master's life. */
void log_share_with(const struct log_share *share, struct server_options *options);

/* What these options say of levels is what all others are laid over. */
void log_adopt_levels(const struct server_options *options);

/* Lays a list of levels (log/level.h) over what holds, in master and workers, those of later on
 * included. Returns 0, or -1 with a sentence. */
int log_change_levels(const char *list, char error[SENTENCE_SIZE]);

/* What holds. */
const char *log_current_levels(void);

/* Has written what has been logged so far, in a second at most. */
void log_finish(void);

/* The same, but what others log from now on stays where it is, for another master or log_go_on. */
void log_pause(void);
void log_go_on(void);

#endif
