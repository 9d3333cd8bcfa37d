/* Scopes and cancellation for Python: what python/greenroom/_scope.py is built on. */
#ifndef WSGI_SCOPE_H
#define WSGI_SCOPE_H

#include "host/wsgi/python.h"

/* For the module's table of methods; _greenroom.pyi says what they take and return. */
PyObject *scope_open(PyObject *module, PyObject *unused);
PyObject *scope_start(PyObject *module, PyObject *args);
PyObject *scope_cancel(PyObject *module, PyObject *scope);
PyObject *scope_close(PyObject *module, PyObject *scope);
PyObject *scope_shield(PyObject *module, PyObject *up);
PyObject *scope_is_cancelled(PyObject *module, PyObject *unused);
PyObject *scope_cancel_on_disconnect(PyObject *module, PyObject *on);

#endif
