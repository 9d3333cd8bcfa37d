/* The interpreter of a host's language, as gr_preempt_with has told of it: its lock, and what it
 * knows of its threads. In a C application there is none: then nothing is held or described. */
#ifndef RUNTIME_INTERPRETER_H
#define RUNTIME_INTERPRETER_H

#include <stddef.h>

#include "runtime/green.h"

/* Is there one? */
bool interpreter_is_there(void);

/* Its lock, for OS threads of ours. hold waits for as long as it takes. */
void interpreter_hold(void);
void interpreter_release(void);

/* With the lock held: the interpreter's stack of a thread, innermost call first, with " < "
 * between, cut off where it does not fit; "" when it does not know the thread. */
RT_SHARED void interpreter_describe(pthread_t thread, char *text, size_t room);

/* With the lock held: those of several threads, all of one moment, a line for each call. tell is
 * called for each that it knows; the text is its caller's. */
void interpreter_describe_all(const uintptr_t *threads, size_t count,
                              void (*tell)(void *to, size_t which, const char *text), void *to);

/* How often its lock was let go of: it has been, if that is another number than before. Always 0
 * where libc is not interposed. */
unsigned long interpreter_passes(void);

/* --- An OS thread that waits for the lock, so that others need not --- */

/* Returns 0, or -1 with errno EAGAIN. */
RT_SHARED int interpreter_asker_start(void);

/* Has it take the lock, call fn(data), unless fn is NULL, and let go of the lock. Returns false if
 * it still has the last call to do. Never waits. */
RT_SHARED bool interpreter_ask(void (*fn)(void *data), void *data);

/* Has it done the last call? */
RT_SHARED bool interpreter_has_answered(void);

#endif
