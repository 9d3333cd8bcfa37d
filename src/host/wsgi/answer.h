/* Answers of the HTTP client, for python/greenroom: those that are streamed as handles, and all of
 * a body at once. */
#ifndef WSGI_ANSWER_H
#define WSGI_ANSWER_H

#include "host/wsgi/python.h"

#include "greenroom/client.h"

/* A body as far as it has come; data is malloc'ed. */
struct answer_body {
    char *data;
    size_t len;
    int error; /* why there is no more of it; 0: it is whole */
};

/* Reads all of the body. Without the interpreter's lock. Parks. */
void answer_collect(gr_answer *answer, struct answer_body *body);

/* A handle, which takes over the answer and keeps its client. */
PyObject *answer_handle(gr_answer *answer, PyObject *client);

/* (kind, errno, why); NULL where a signal handler has raised. */
PyObject *answer_failure(gr_failure_kind kind, int error, const char *why);

/* The same of a body that cannot be read. */
PyObject *answer_failed(int error);

/* (handle, size): up to so many bytes, b"" at the end; or (kind, errno, why). RuntimeError when
 * another thread reads it, or when it is closed. */
PyObject *client_read(PyObject *module, PyObject *args);

/* (handle): the rest of the chunk that is being received, or the next one. As client_read
 * otherwise. */
PyObject *client_read_chunk(PyObject *module, PyObject *handle);

PyObject *client_close(PyObject *module, PyObject *handle);

#endif
