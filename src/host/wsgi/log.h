/* The log, for python/greenroom: functions of the module. */
#ifndef WSGI_LOG_H
#define WSGI_LOG_H

#include "host/wsgi/python.h"

/* log(level, level_name, logger, message, exception, members, created): adds a record. created:
 * seconds since 1970, 0 for now; the texts may be None. */
PyObject *log_add(PyObject *module, PyObject *args);

/* Would a record of this level be dropped? Then it is counted as such. */
PyObject *log_would_drop(PyObject *module, PyObject *level);

PyObject *log_is_json(PyObject *module, PyObject *unused);

/* What `--log-level` and `--log-capture` say. */
PyObject *log_settings(PyObject *module, PyObject *unused);

/* Sets what is called with the list of `--log-level`, when `greenroom log-level` has changed it. */
PyObject *log_levels_with(PyObject *module, PyObject *callable);

/* Calls it, if that has happened. On the main thread, with the GIL. */
void log_levels_follow(void);

/* Says why the application cannot be served. */
PyObject *log_refusal(PyObject *module, PyObject *text);

#endif
