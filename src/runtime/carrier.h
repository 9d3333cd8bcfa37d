/* Carriers: the kernel tasks that green threads run on. One is the scheduler's; each of the others
 * runs one detached green thread, or sleeps as a spare. A carrier has a home: a context that it is
 * in when it carries nobody.
 *
 *        ┌────────────┐   a green thread offloads itself    ┌───────────┐
 *        │ scheduler  │ ───────────────────────────────────▶│  carries  │
 *        │            │   hand-off: the scheduler goes to a │    one    │
 *        │            │   spare, this one stays with who    │           │
 *        │            │   runs on it                        └─────┬─────┘
 *        └────────────┘                                           │ it attaches
 *              ▲             hand-off         ┌───────────┐       │
 *              └───────────────────────────── │   spare   │ ◀─────┘
 *                                             └───────────┘
 */
#ifndef RUNTIME_CARRIER_H
#define RUNTIME_CARRIER_H

#include "runtime/green.h"

enum { OS_THREAD_STACK = 128 * 1024 };

/* Starts a detached OS thread with all signals blocked. Returns 0, or -1 with errno EAGAIN. */
int os_thread_start(void *(*fn)(void *), void *arg, size_t stack_size);

/* Makes the calling thread's kernel task the scheduler's carrier. Returns 0, or -1 with errno. */
int carrier_init(void);

/* Detaches green, which runs on the scheduler's carrier, and moves the scheduler to a spare one.
 * Returns false if it has moved since sched.progress had the given value, if it is inside the
 * scheduler, if no spare is ready (one will be, soon), or if the kernel lacks membarrier(2). For
 * the monitor. */
bool carrier_hand_off(struct green *green, unsigned long progress);

/* Detaches the caller: it goes on on another carrier, beside the others. Parks. Returns false if it
 * may not park here, is detached already, or no carrier is free. errno is kept. */
bool carrier_detach(void);

#endif
