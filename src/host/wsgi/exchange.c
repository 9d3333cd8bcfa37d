#include "host/wsgi/exchange.h"

#include <errno.h>

#include "greenroom/response.h"
#include "greenroom/worker.h"
#include "host/wsgi/thread.h"

bool exchange_forked(void) { return gr_worker_forked(); }

int exchange_check(const struct exchange *exchange) {
    if (!exchange) {
        PyErr_SetString(PyExc_RuntimeError, "the request is over");
        return -1;
    }
    if (exchange->thread != thread_current()) {
        PyErr_SetString(PyExc_RuntimeError, "used outside of the thread that answers the request");
        return -1;
    }
    return 0;
}

static int outcome(struct exchange *exchange, int result, int error, int64_t len) {
    if (result == 0) {
        exchange->sent += len;
        return 0;
    }
    if (error == EMSGSIZE) {
        PyErr_Format(PyExc_ValueError,
                     "the body is %s than the application's Content-Length of %lld bytes",
                     exchange->sent + len > exchange->declared ? "longer" : "shorter",
                     (long long)exchange->declared);
        return -1;
    }
    exchange->lost |= error == EPIPE || error == ECONNRESET || error == ETIMEDOUT;
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

int exchange_write(struct exchange *exchange, const char *piece, Py_ssize_t len) {
    PyThreadState *state = PyEval_SaveThread();
    int result = gr_response_write(exchange->request, piece, (size_t)len);
    int error = errno;
    PyEval_RestoreThread(state);
    return outcome(exchange, result, error, len);
}

int exchange_send(struct exchange *exchange, const char *body, Py_ssize_t len) {
    PyThreadState *state = PyEval_SaveThread();
    int result = gr_response_send(exchange->request, body, (size_t)len);
    int error = errno;
    PyEval_RestoreThread(state);
    return outcome(exchange, result, error, len);
}

int exchange_send_file(struct exchange *exchange, int fd, off_t offset, size_t len) {
    PyThreadState *state = PyEval_SaveThread();
    int result = gr_response_send_file(exchange->request, fd, offset, len);
    int error = errno;
    PyEval_RestoreThread(state);
    return outcome(exchange, result, error, (int64_t)len);
}

int exchange_end(struct exchange *exchange) {
    PyThreadState *state = PyEval_SaveThread();
    int result = gr_response_end(exchange->request);
    int error = errno;
    PyEval_RestoreThread(state);
    return outcome(exchange, result, error, 0);
}

Py_ssize_t exchange_read(struct exchange *exchange, void *buffer, size_t len) {
    PyThreadState *state = PyEval_SaveThread();
    ssize_t got = gr_request_read(exchange->request, buffer, len);
    int error = errno;
    PyEval_RestoreThread(state);
    if (got >= 0) return got;
    exchange->lost |= error == EPIPE;
    exchange->read_error = error;
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}
