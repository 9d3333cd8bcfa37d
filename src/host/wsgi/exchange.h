/* One request and its answer, as the parts of the host share them. Lives on the stack of the
 * thread that answers; the Python objects that know it are told when it is over. */
#ifndef WSGI_EXCHANGE_H
#define WSGI_EXCHANGE_H

#include "host/wsgi/python.h"

#include <stdbool.h>

#include "greenroom/request.h"

struct exchange {
    gr_request *request;
    PyObject *environ;     /* borrowed, while the application is called */
    PyThreadState *thread; /* the only thread that may touch the request */
    bool begun;            /* start_response has been called, and successfully */
    bool lost;             /* the client left, or is too slow: nothing can be said to it any more */
    int read_error;        /* errno of the read of the body that failed; 0 for none */
    int64_t declared;      /* Content-Length that the application gave; -1 for none */
    int64_t sent;          /* bytes of the body */
};

/* Is this a child that the application forked? The client is its parent's. */
bool exchange_forked(void);

/* An object of this exchange is used: is it still there, and on its thread? exchange is NULL once
 * it is over. Returns 0, or -1 with RuntimeError. */
int exchange_check(const struct exchange *exchange);

/* gr_response_write, _send, _send_file and _end without the GIL. Park. Return 0, or -1 with an
 * exception: an OSError by errno and exchange->lost set, or ValueError when the body has not the
 * length that the application declared. */
int exchange_write(struct exchange *exchange, const char *piece, Py_ssize_t len);
int exchange_send(struct exchange *exchange, const char *body, Py_ssize_t len);
int exchange_send_file(struct exchange *exchange, int fd, off_t offset, size_t len);
int exchange_end(struct exchange *exchange);

/* gr_request_read without the GIL. Parks. Returns as it does, with an OSError for -1. Any green
 * thread may call it while the exchange lasts, one at a time; where OS threads run the handlers,
 * any thread. */
Py_ssize_t exchange_read(struct exchange *exchange, void *buffer, size_t len);

#endif
