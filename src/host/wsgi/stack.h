/* The Python stacks of threads, as text. */
#ifndef WSGI_STACK_H
#define WSGI_STACK_H

#include "host/wsgi/python.h"

/* Tells those of some threads, as they are now: a line "file:line function" for each call, the
 * innermost first; nothing of a thread that has none. With the GIL; leaves no exception. */
void stacks_tell(const uintptr_t *threads, size_t count,
                 void (*tell)(void *to, size_t which, const char *text), void *to);

#endif
