/* The application's own metrics: include/greenroom/metrics.h as Python objects. */
#ifndef WSGI_METRIC_H
#define WSGI_METRIC_H

#include "host/wsgi/python.h"

/* counter(name, help="", /, **labels) and so on: the metric, the same object for the same name
 * where there are no labels. ValueError for a name that may not be. */
PyObject *metric_counter(PyObject *module, PyObject *const *args, Py_ssize_t count,
                         PyObject *keywords);
PyObject *metric_gauge(PyObject *module, PyObject *const *args, Py_ssize_t count,
                       PyObject *keywords);
PyObject *metric_meter(PyObject *module, PyObject *const *args, Py_ssize_t count,
                       PyObject *keywords);
PyObject *metric_histogram(PyObject *module, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords);
PyObject *metric_timer(PyObject *module, PyObject *const *args, Py_ssize_t count,
                       PyObject *keywords);

/* timing(name, help="", /, **labels): timer(...).time() */
PyObject *metric_timing(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords);

/* Makes their types, which become the module's. Returns 0, or -1 with an exception. */
int metric_setup(PyObject *module);

#endif
