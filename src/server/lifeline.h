/* No worker outlives its supervisor for long. An OS thread notices that the supervisor is gone,
 * even while the worker is stuck in code which lets nobody else run. It stands in for
 * PR_SET_PDEATHSIG, which belongs to one kernel task, and could be taken back by that one alone. */
#ifndef SERVER_LIFELINE_H
#define SERVER_LIFELINE_H

#include <stdint.h>

/* Ends the process, with exit code 1, as soon as the other end of the pipe is closed, instead of
 * PR_SET_PDEATHSIG. For the kernel task that has been given that, so before runtime_start. Returns
 * 0, or -1 with errno EAGAIN (no thread to be had). */
int lifeline_hold(int master_fd);

/* From now on the process is told to end then, by SIGTERM, and is ended only when it is still there
 * after patience ns. */
void lifeline_loosen(int64_t patience);

#endif
