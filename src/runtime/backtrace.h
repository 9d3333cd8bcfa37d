/* Where in C a green thread is that runs at this moment: a signal (SIGRTMAX - 4) to the kernel task
 * under it has it take its own stack. One that is parked, or that is in a call made on another task
 * with all signals blocked (carrier_offload_begin), cannot be asked so. */
#ifndef RUNTIME_BACKTRACE_H
#define RUNTIME_BACKTRACE_H

#include "runtime/green.h"

/* Once per process, by its main thread. */
RT_SHARED void backtrace_init(void);

/* Fills frames, innermost first; the first two are the handler's and the kernel's return from it.
 * For any OS thread, which waits for its turn, and then for the answer, a tenth of a second each at
 * most. Returns their number, 0 when there is no answer. */
RT_SHARED int backtrace_of(const struct green *green, void **frames, int most);

#endif
