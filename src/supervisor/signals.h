/* The signals to the master, by way of a descriptor. */
#ifndef SUPERVISOR_SIGNALS_H
#define SUPERVISOR_SIGNALS_H

#include <stdbool.h>

/* Blocks the signals that mean something to the master, and returns a signalfd of them, or -1 with
 * errno. A SIGHUP that nohup(1) has had ignored stays ignored. */
int signals_open(void);

/* In a child: all as a login shell would have it, but for a SIGHUP that nohup(1) has had ignored.
 */
void signals_reset(void);

/* Was there a controlling terminal at signals_open, and is it gone? Its end is a SIGHUP, too. */
bool signals_terminal_is_gone(void);

#endif
