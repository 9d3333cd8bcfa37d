/* The Python stacks of threads, as text. */
#ifndef WSGI_STACK_H
#define WSGI_STACK_H

#include "host/wsgi/handler.h"

/* The stack of a thread, innermost call first, "file:line function" each, with the separator
 * between; "" when it has none. frames is what sys._current_frames() gives, or NULL. With the GIL;
 * leaves no exception. */
void stack_text(PyObject *frames, uintptr_t thread, const char *separator, char *text, size_t room);

/* A new reference; NULL without memory. With the GIL; leaves no exception. */
PyObject *stack_frames(void);

/* For `greenroom stacks`. The handler has to outlive the process. */
void stacks_setup(const struct handler *handler);

#endif
