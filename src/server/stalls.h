/* Tells the log of what keeps a worker: see runtime/stall.h. */
#ifndef SERVER_STALLS_H
#define SERVER_STALLS_H

#include "runtime/stall.h"

enum { STALLS_C_STACK = 1024 };

/* Once per process, when the runtime is on. */
void stalls_init(void);

/* The request for which a green thread works: "GET /slow?x=1"; "" for none. Async-signal-safe. */
void stalls_note(const struct green *green, char work[STALL_WORK]);

/* Frames as backtrace(3) gives them in a signal handler, innermost first, without the two of the
 * handler: "libc.so.6(pause+0x1a) < ...", cut off where it does not fit. */
void stalls_print(void *const *frames, int count, char text[STALLS_C_STACK]);

#endif
