/* start_response (PEP 3333, "The start_response() Callable") and the write() that it returns. */
#ifndef WSGI_START_RESPONSE_H
#define WSGI_START_RESPONSE_H

#include "host/wsgi/exchange.h"

/* Once. Returns 0, or -1 with an exception. */
int start_response_setup(void);

/* A callable that checks and takes over status and header fields; nothing is sent by it. exchange
 * must outlive start_response_finish. NULL with MemoryError.
 *
 * Raises TypeError and ValueError for what is no status and no header field, and AssertionError
 * for a second call without exc_info. Connection and Keep-Alive are dropped, with a warning once.
 * With exc_info it raises that once the head is out, and replaces status and fields before. */
PyObject *start_response_new(struct exchange *exchange);

/* The exchange is over: whoever kept the callable, or its write(), gets RuntimeError. Takes the
 * reference. */
void start_response_finish(PyObject *start_response);

#endif
