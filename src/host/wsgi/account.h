/* greenroom.request_account: where the time of the caller's request went. */
#ifndef HOST_WSGI_ACCOUNT_H
#define HOST_WSGI_ACCOUNT_H

#include "host/wsgi/python.h"

/* A tuple of gr_account's numbers, in their order, and a list of a tuple for each downstream; None
 * on a thread that answers no request. */
PyObject *account_take(PyObject *module, PyObject *unused);

#endif
