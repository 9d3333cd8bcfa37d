/* Python's view of green threads: each one that answers requests has a PyThreadState of its own,
 * made at its first request and kept until it ends, as in any pool of threads.
 *
 * Every function of Greenroom that parks must be called without the GIL: it parks inside the
 * runtime, where CPython cannot know that somebody else should have the lock. */
#ifndef WSGI_THREAD_H
#define WSGI_THREAD_H

#include "host/wsgi/python.h"

#include <stdbool.h>

/* Once, with the GIL, after gr_worker_start: lets the monitor preempt Python code, and teaches the
 * runtime which threads `threading` starts. Returns 0, or -1 with a Python exception. */
int thread_setup(void);

/* Takes the GIL for the calling green thread, and calls adopt() if it is there for the first time.
 * Parks. Returns false, without the GIL, when there is no memory for a thread state. */
bool thread_enter(PyObject *adopt);

/* Lets go of the GIL. */
void thread_leave(void);

/* What tells green threads inside thread_enter apart; NULL on any other thread. Never parks. */
PyThreadState *thread_current(void);

/* The interpreter is about to go: from now on nobody is preempted and no thread state is freed
 * one by one. */
void thread_close(void);

#endif
