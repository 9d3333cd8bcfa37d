/* The OS threads that run the handlers with --concurrency threads:N. They are made once and stay. A
 * request's green thread has one of them run the handler, and parks meanwhile. Owned by the
 * scheduler's carrier. */
#ifndef SERVER_THREADS_H
#define SERVER_THREADS_H

#include <stddef.h>
#include <stdint.h>

/* Starts so many, with the signal mask of the caller. stack_size: bytes; 0: as libc has it. Returns
 * 0, or -1 with errno EAGAIN. */
int threads_start(uint32_t count, size_t stack_size);

/* Runs fn(arg) on one of them. At most as many calls as there are threads at a time, which the gate
 * sees to. If it has not returned by the due time, calls overdue(arg) on the calling green thread
 * and waits on. Outside sched_enter. Parks. */
void threads_run(void (*fn)(void *arg), void *arg, int64_t due, void (*overdue)(void *arg));

#endif
