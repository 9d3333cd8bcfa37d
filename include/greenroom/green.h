/* Green threads: spawn, join, sleep, deadlines; and what a host of another language needs.
 *
 * A green thread is a pthread without a kernel task: errno, __thread variables, pthread_self()
 * and pthread keys are its own. Blocking libc calls made on it park it. See pthreads(7) for all
 * that holds as usual. */
#ifndef GREENROOM_GREEN_H
#define GREENROOM_GREEN_H

#include <greenroom/base.h>

GR_BEGIN

typedef struct gr_green gr_green;

/* Is the caller running on a green thread? Never parks. */
GR_API bool gr_is_green(void);

/* Starts fn(arg) on a green thread. Only from a green thread. The new one runs when the
 * caller next parks. Every spawned green thread must be joined exactly once. NULL with errno
 * EAGAIN (no memory for a stack) or EPERM (not on a green thread). */
GR_API gr_green *gr_spawn(void *(*fn)(void *), void *arg);

/* Waits for the end of a green thread, frees it, and stores what its function returned (result may
 * be NULL). Parks. Returns 0, or -1 with errno EDEADLK (oneself), or ETIMEDOUT at the caller's
 * deadline, or ECANCELED (then it has not been joined). */
GR_API int gr_join(gr_green *green, void **result);

/* Lets the others run first. Parks. */
GR_API void gr_yield(void);

/* The deadline of the calling green thread, in nanoseconds of CLOCK_MONOTONIC; 0 for none. Once it
 * has passed, every call of it that would wait for a descriptor, for time, for a channel or in
 * gr_join fails with ETIMEDOUT. Locks are not affected. gr_deadline_set returns the previous one,
 * so that scopes nest: set the earlier of both, and put the previous one back. A spawned green
 * thread inherits it; a request starts with none. Never park. */
GR_API int64_t gr_deadline(void);
GR_API int64_t gr_deadline_set(int64_t at);

/* Cancels a green thread that has not been joined: from now on each of its calls that would wait,
 * and the one that waits, fails with ECANCELED, as if its deadline had passed. Locks are not
 * affected, as callers do not expect them to fail. Between gr_shield(true) and gr_shield(false),
 * which nest, the caller's waits do not fail so: for cleaning up. Any caller for gr_cancel, the
 * others concern the calling green thread. Never park. */
GR_API void gr_cancel(gr_green *green);
GR_API bool gr_cancelled(void);
GR_API void gr_shield(bool up);

/* Nanoseconds of CLOCK_MONOTONIC. */
GR_API int64_t gr_now(void);

/* --- For hosts of another language --- */

/* How the monitor makes running code give way, and how the server finds out where code hangs or is:
 * hold() is called on OS threads of the runtime's own and returns once the language's global lock
 * is held (so whoever computed has let go of it in a hooked wait), release() lets it go. describe()
 * is called between the two: it tells the language's stacks of threads, which have those
 * pthread_self()s, as they are at one moment: which of them, and a text with a line for each call,
 * the innermost first, which is copied. It leaves out threads that it does not know. pass() lets go
 * of the lock and takes it again, by the calls that extensions make for that, itself and first of
 * all; it is called once by gr_preempt_with, whose caller holds the lock, and shows how places that
 * leave the lock are recognized. NULL: they are not. */
typedef struct gr_preempter {
    void (*hold)(void *data);
    void (*release)(void *data);
    void (*describe)(void *data, const uintptr_t *threads, size_t count,
                     void (*tell)(void *to, size_t which, const char *text), void *to);
    void (*pass)(void *data);
    void *data;
} gr_preempter;

/* Copied; once per process, before gr_worker_serve. */
GR_API void gr_preempt_with(const gr_preempter *preempter);

/* Which pthread_create calls make green threads is learnt from an example: start_one(data) starts
 * one thread on the calling thread, and from then on each pthread_create on a green thread with the
 * same start routine and the same first word behind its argument makes a green thread. Threads
 * started in other ways, by C libraries for instance, stay OS threads. Returns 0, or -1 with errno
 * EINVAL when start_one started none. */
GR_API int gr_threads_like(void (*start_one)(void *data), void *data);

GR_END

#endif
