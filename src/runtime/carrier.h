/* Carriers: the kernel tasks that green threads run on. One is the scheduler's; each of the others
 * runs one green thread that went away to make a slow call, or sleeps as a spare. A carrier has a
 * home: a context that it is in when it carries nobody. */
#ifndef RUNTIME_CARRIER_H
#define RUNTIME_CARRIER_H

#include "runtime/green.h"

enum { OS_THREAD_STACK = 128 * 1024 };

/* Starts a detached OS thread with all signals blocked. Returns 0, or -1 with errno EAGAIN. */
int os_thread_start(void *(*fn)(void *), void *arg, size_t stack_size);

/* Makes the calling thread's kernel task the scheduler's carrier. Returns 0, or -1 with errno. */
int carrier_init(void);

#endif
