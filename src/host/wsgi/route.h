/* The routes of the application, as python/greenroom/_routes.py finds them. */
#ifndef WSGI_ROUTE_H
#define WSGI_ROUTE_H

#include "host/wsgi/python.h"

/* (): does anybody want to know of them? */
PyObject *route_wanted(PyObject *module, PyObject *unused);

/* (route, methods, parameters, example, defined, doc, host): notes one. */
PyObject *route_note(PyObject *module, PyObject *args);

#endif
