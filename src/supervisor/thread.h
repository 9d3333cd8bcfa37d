/* Threads of the master's, which takes its signals itself. */
#ifndef SUPERVISOR_THREAD_H
#define SUPERVISOR_THREAD_H

/* Runs fn(arg) on a thread of its own, with all signals blocked, that nobody waits for. Returns 0,
 * or -1 with errno. */
int thread_start(void *(*fn)(void *arg), void *arg);

#endif
