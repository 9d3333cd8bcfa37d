/* The end of the server: it says that it is not ready (for --drain-delay), then it drains. */
#ifndef SUPERVISOR_STOP_H
#define SUPERVISOR_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct master;

/* Drains. Nobody new gets in before the workers are told, so that each of them can take in
 * everybody who is queued. */
void stop_begin(struct master *m, int exit_code);

/* Somebody wants it to stop. One wish may come as several signals, to the group and to us, from a
 * shell and from timeout(1); what comes a second after the first, or later, is impatience. Of those
 * each one shortens what is left: the delay, then the drain, then the end of attached commands. In
 * a hurry, as at a terminal, there is no delay; nor on a server that has not served, as nobody
 * counts on it yet. */
void stop_asked(struct master *m, bool in_a_hurry);

/* Has it been asked to, and is it not draining yet? */
bool stop_is_announced(const struct master *m);

/* Are all gone, workers and attached commands? */
bool stop_is_over(struct master *m);

/* Does what is due: begins to drain, kills the workers whose time is over, and tells attached
 * commands to end when no worker is left, whose requests may need them. */
void stop_act_on_time(struct master *m, int64_t now);

#endif
