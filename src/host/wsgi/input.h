/* wsgi.input: the body of the request as a binary file, read from the connection as the application
 * asks for it. It ends where the body ends. */
#ifndef WSGI_INPUT_H
#define WSGI_INPUT_H

#include "host/wsgi/exchange.h"

/* Once. Returns 0, or -1 with an exception. */
int input_setup(void);

/* The input of every request without a body: at its end from the start. Borrowed. */
PyObject *input_empty(void);

/* The input of a request with a body. exchange must outlive input_finish. NULL with MemoryError.
 *
 * read(n) returns n bytes unless the body ends before, as files do; all methods park. They raise
 * TimeoutError, ConnectionResetError or another OSError as gr_request_read fails. Other green
 * threads may read as well, one after the other. */
PyObject *input_new(struct exchange *exchange);

/* The exchange is over: reading raises RuntimeError from now on. Parks while another thread is
 * reading. Takes the reference. */
void input_finish(PyObject *self);

#endif
