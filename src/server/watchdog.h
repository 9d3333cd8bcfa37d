/* A worker that hangs, and is to be replaced. An OS thread looks whether
 *
 *     the scheduler turns, or has nothing to do (C code that holds the interpreter's lock for ever
 *     keeps it from turning), and whether
 *     the interpreter's lock can be had, while there are requests (a thread that holds it may wait
 *     for one that waits for it).
 *
 * If not for as long as --unresponsive-timeout, it writes the stacks of all threads to the log and
 * ends the process. A worker that is merely busy turns, and code on a carrier of its own is no
 * matter. It reads what is counted anyway; and tells the master that it still does: see load_beat.
 */
#ifndef SERVER_WATCHDOG_H
#define SERVER_WATCHDOG_H

#include <stdint.h>

/* When the worker begins to serve; 0: it may hang for ever. Returns 0, or -1 with errno EAGAIN. */
int watchdog_start(int64_t timeout);

/* When it drains: whoever told it to has patience of his own. */
void watchdog_rest(void);

/* See gr_worker_stack_signal. */
int watchdog_stack_signal(void);

#endif
