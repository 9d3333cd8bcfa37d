/* The HTTP client, for python/greenroom/http.py. Clients and answers that are streamed are handles;
 * times are in nanoseconds as in greenroom/client.h. */
#ifndef WSGI_CLIENT_H
#define WSGI_CLIENT_H

#include "host/wsgi/python.h"

/* (authorities, certificate, key, verify): settings for TLS, of paths or None. Raises ValueError.
 */
PyObject *client_tls(PyObject *module, PyObject *args);

/* (connections, connections_per_origin, redirects, place_timeout, raw_bodies, tls, proxy,
 * unix_path): a client. The last three may be None. Raises ValueError. */
PyObject *client_open(PyObject *module, PyObject *args);

/* (client, method, url, fields, body, length, user, password, connect_timeout, read_timeout,
 * timeout, stream). Fields are a list of pairs of str; body is None, bytes, or an iterator of
 * bytes, of which there are length in all, -1 for nobody knows. Returns (status, reason, url or
 * None, fields, body), where body is bytes, or a handle if it is to be streamed; or (kind, errno,
 * why) of a failure. Raises what the iterator does. */
PyObject *client_call(PyObject *module, PyObject *args);

/* (client, method, url, fields, body, length, connect_timeout, read_timeout, stream). The fields
 * are the whole head but for Host. A body of more than 64 KiB is streamed in any case. Returns
 * (status, version, reason, fields, body, errno), where version is 10 or 11, and errno says why the
 * body is not whole, 0 if it is; or (kind, errno, why). */
PyObject *client_exchange(PyObject *module, PyObject *args);

/* Returns 0. */
int client_setup(void);

#endif
