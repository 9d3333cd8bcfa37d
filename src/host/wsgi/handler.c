#include "host/wsgi/handler.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "greenroom/green.h"
#include "greenroom/log.h"
#include "greenroom/response.h"
#include "host/wsgi/body.h"
#include "host/wsgi/environ.h"
#include "host/wsgi/input.h"
#include "host/wsgi/start_response.h"
#include "host/wsgi/text.h"
#include "host/wsgi/thread.h"

static PyObject *close_name;

/* Takes the current exception, with its traceback; NULL when there is none. */
static PyObject *error_take(void) {
    PyObject *kind, *error, *traceback;
    PyErr_Fetch(&kind, &error, &traceback);
    if (!kind) return NULL;
    PyErr_NormalizeException(&kind, &error, &traceback);
    if (traceback) PyException_SetTraceback(error, traceback);
    Py_XDECREF(traceback);
    Py_DECREF(kind);
    return error;
}

/* Steals what, which may be NULL. */
static void report_error(const struct handler *handler, PyObject *error, PyObject *what) {
    PyObject *told = NULL;
    if (what) told = PyObject_CallFunctionObjArgs(handler->report, error, what, NULL);
    if (!told) PyErr_WriteUnraisable(handler->report);
    Py_XDECREF(told);
    Py_XDECREF(what);
}

void handler_report(const struct handler *handler, const char *what) {
    PyObject *error = error_take();
    report_error(handler, error, PyUnicode_FromString(what));
    Py_DECREF(error);
}

/* Tells the log of the current exception and clears it. */
static void report(const struct handler *handler, const struct exchange *exchange) {
    PyObject *error = error_take();
    PyObject *method = text_new(gr_request_method(exchange->request));
    PyObject *target = text_new(gr_request_target(exchange->request));
    PyObject *what = method && target ? PyUnicode_FromFormat("%U %U", method, target) : NULL;
    report_error(handler, error, what);
    Py_XDECREF(target);
    Py_XDECREF(method);
    Py_XDECREF(error);
}

/* In a child that the application forked and let come back here. There is no client to answer, and
 * an interpreter cannot be finalized from a thread that is not its main one. Does not return. */
static void child_leave(const struct handler *handler) {
    PyObject *error = error_take();
    PyObject_CallFunctionObjArgs(handler->leave, error ? error : Py_None, NULL);
    _exit(1);
}

/* The client is told as much as still can be said. Of a request whose time is over the server says
 * it, which has more. Parks. */
static void apologize(const struct exchange *exchange, int status, const char *sentence) {
    PyThreadState *state = PyEval_SaveThread();
    if (gr_response_started(exchange->request))
        gr_response_abort(exchange->request);
    else if (!gr_request_expired(exchange->request) && !gr_cancelled())
        gr_respond(exchange->request, status, "text/plain", sentence, strlen(sentence));
    PyEval_RestoreThread(state);
}

/* Is the current exception an OSError of that number? It stays. */
static bool is_os_error(int number) {
    if (!PyErr_ExceptionMatches(PyExc_OSError)) return false;
    PyObject *kind, *error, *traceback;
    PyErr_Fetch(&kind, &error, &traceback);
    PyErr_NormalizeException(&kind, &error, &traceback);
    PyObject *attribute = PyObject_GetAttrString(error, "errno");
    bool same = attribute && PyLong_Check(attribute) && PyLong_AsLong(attribute) == number;
    Py_XDECREF(attribute);
    PyErr_Restore(kind, error, traceback); /* replaces what the comparison may have raised */
    return same;
}

/* An application that lets the news of a lost client or of a bad body pass has done nothing
 * wrong. */
static void fail(const struct handler *handler, const struct exchange *exchange) {
    int read_error = exchange->read_error;
    bool blameless = read_error && is_os_error(read_error);
    if (blameless || (exchange->lost && PyErr_ExceptionMatches(PyExc_OSError)))
        PyErr_Clear();
    else
        report(handler, exchange);
    if (blameless && read_error == ETIMEDOUT)
        apologize(exchange, 408, "Request Timeout\n");
    else if (blameless && read_error == EFBIG)
        apologize(exchange, 413, "Content Too Large\n");
    else if (blameless && (read_error == EPROTO || read_error == ECONNRESET))
        apologize(exchange, 400, "Bad Request\n");
    else
        apologize(exchange, 500, "Internal Server Error\n");
}

/* Calls result.close() where there is one, an exception being set or not. */
static void close_result(const struct handler *handler, const struct exchange *exchange,
                         PyObject *result) {
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) return;
    PyObject *method = PyObject_GetAttr(result, close_name);
    if (!method && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return;
    }
    PyObject *closed = method ? PyObject_CallNoArgs(method) : NULL;
    if (exchange_forked()) child_leave(handler);
    if (!closed) report(handler, exchange);
    Py_XDECREF(closed);
    Py_XDECREF(method);
}

/* Calls the application and sends what it returns. */
static void run(const struct handler *handler, struct exchange *exchange, PyObject *environ,
                PyObject *start_response) {
    PyObject *result = PyObject_CallFunctionObjArgs(handler->app, environ, start_response, NULL);
    if (exchange_forked()) child_leave(handler);
    if (!result) {
        fail(handler, exchange);
        return;
    }
    int sent = body_send(exchange, result);
    if (exchange_forked()) child_leave(handler);
    if (sent < 0) fail(handler, exchange);
    close_result(handler, exchange, result);
    Py_DECREF(result);
}

static void answer(const struct handler *handler, struct exchange *exchange) {
    bool body = gr_request_content_length(exchange->request) != 0;
    PyObject *input = body ? input_new(exchange) : NULL;
    PyObject *environ = body && !input ? NULL : environ_new(exchange, input);
    exchange->environ = environ;
    PyObject *start_response = environ ? start_response_new(exchange) : NULL;

    if (start_response)
        run(handler, exchange, environ, start_response);
    else
        fail(handler, exchange);
    if (start_response) start_response_finish(start_response);
    if (input) input_finish(input);
    Py_XDECREF(environ);
}

void handler_run(gr_request *request, void *data) {
    const struct handler *handler = data;
    if (!thread_enter(handler->adopt)) {
        gr_log(GR_LOG_ERROR, "no memory for a Python thread state");
        return;
    }
    struct exchange exchange = {.request = request, .thread = thread_current(), .declared = -1};
    answer(handler, &exchange);
    thread_leave();
}

int handler_setup(void) {
    close_name = PyUnicode_InternFromString("close");
    return close_name ? 0 : -1;
}
