/* The HTTP client, for python/greenroom/http.py. Clients and answers that are streamed are handles;
 * times are in nanoseconds as in greenroom/client.h. */
#ifndef WSGI_CLIENT_H
#define WSGI_CLIENT_H

#include "host/wsgi/python.h"

/* (connections, connections_per_origin, redirects, authorities, certificate, key, proxy,
 * unix_path): a client. All from authorities on may be None. Raises ValueError. */
PyObject *client_open(PyObject *module, PyObject *args);

/* (client, method, url, fields, body, user, password, connect_timeout, read_timeout, timeout,
 * stream). Fields are a list of pairs of str; body is bytes. Returns (status, reason, url or None,
 * fields, body), where body is bytes, or a handle if it is to be streamed; or (kind, errno, why) of
 * a failure. */
PyObject *client_call(PyObject *module, PyObject *args);

/* (handle, size): up to so many bytes, b"" at the end; or (kind, errno, why). RuntimeError when
 * another thread reads it, or when it is closed. */
PyObject *client_read(PyObject *module, PyObject *args);

PyObject *client_close(PyObject *module, PyObject *handle);

/* Returns 0. */
int client_setup(void);

#endif
