/* Which route of the application a request took, by what its framework knows anyway: the rule of
 * Flask, the route of Django. Nothing of theirs is changed, and an application of another
 * framework, or of none, is simply not known. */
#ifndef WSGI_ENDPOINT_H
#define WSGI_ENDPOINT_H

#include "host/wsgi/exchange.h"

/* (prefixes): what the framework does not know: below which applications are mounted in one that
 * hands on to them, the longest first. A route has that of them in front of it with which
 * SCRIPT_NAME ends. */
PyObject *endpoint_note_mounts(PyObject *module, PyObject *prefixes);

/* Tells the server, if it wants to know. For the thread that answers, while the application calls
 * start_response: before that it has chosen no route, and behind it, it forgets the request. Sets
 * no exception, and leaves one that is set. */
void endpoint_tell(const struct exchange *exchange);

/* Returns 0, or -1 with an exception. */
int endpoint_setup(void);

#endif
