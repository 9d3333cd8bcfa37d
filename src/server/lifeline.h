/* The last resort against orphans: a worker whose supervisor is gone drains and ends by itself, but
 * one that is stuck in code which lets nobody else run cannot notice. An OS thread can. */
#ifndef SERVER_LIFELINE_H
#define SERVER_LIFELINE_H

#include <stdint.h>

/* Ends the process, with exit code 1, when it is still there patience ns after the other end of the
 * pipe was closed. Returns 0, or -1 with errno EAGAIN (no thread to be had). */
int lifeline_watch(int master_fd, int64_t patience);

#endif
