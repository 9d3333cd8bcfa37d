/* The environ of a request (PEP 3333, "environ Variables"). With the GIL held. */
#ifndef WSGI_ENVIRON_H
#define WSGI_ENVIRON_H

#include "host/wsgi/exchange.h"

/* Once, after gr_worker_start: what is the same in all requests. file_wrapper and the input of
 * requests without body are borrowed. Returns 0, or -1 with an exception. */
int environ_setup(PyObject *file_wrapper, PyObject *empty_input);

/* A new dict. input is the wsgi.input of a request with a body, borrowed; NULL for one without.
 * NULL with MemoryError.
 *
 * All text is bytes decoded as latin-1, as PEP 3333 wants it. Fields sent more than once are
 * joined with "," (RFC 9110, 5.3), Cookie with "; " (RFC 9113, 8.2.3). Beyond CGI and PEP 3333
 * there are REQUEST_URI, the target as sent, and wsgi.input_terminated: reading ends by itself. */
PyObject *environ_new(const struct exchange *exchange, PyObject *input);

#endif
