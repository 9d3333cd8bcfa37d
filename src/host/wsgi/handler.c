#include "host/wsgi/handler.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "greenroom/log.h"
#include "greenroom/response.h"
#include "host/wsgi/body.h"
#include "host/wsgi/environ.h"
#include "host/wsgi/input.h"
#include "host/wsgi/start_response.h"
#include "host/wsgi/text.h"
#include "host/wsgi/thread.h"

static PyObject *close_name;

/* Is this a child of the worker? */
static bool forked;

static void note_fork(void) { forked = true; }

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

/* Tells the log of the current exception and clears it. */
static void report(const struct handler *handler, const struct exchange *exchange) {
    PyObject *error = error_take();
    PyObject *method = text_new(gr_request_method(exchange->request));
    PyObject *target = text_new(gr_request_target(exchange->request));
    PyObject *told = NULL;
    if (method && target)
        told = PyObject_CallFunctionObjArgs(handler->report, error, method, target, NULL);
    if (!told) PyErr_WriteUnraisable(handler->report);
    Py_XDECREF(told);
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

/* The client is told as much as still can be said. Parks. */
static void apologize(const struct exchange *exchange) {
    static const char sorry[] = "Internal Server Error\n";
    PyThreadState *state = PyEval_SaveThread();
    if (gr_response_started(exchange->request))
        gr_response_abort(exchange->request);
    else
        gr_respond(exchange->request, 500, "text/plain", sorry, sizeof(sorry) - 1);
    PyEval_RestoreThread(state);
}

/* An application that let the news of a lost client pass has done nothing wrong. */
static void fail(const struct handler *handler, const struct exchange *exchange) {
    if (exchange->lost && PyErr_ExceptionMatches(PyExc_OSError))
        PyErr_Clear();
    else
        report(handler, exchange);
    apologize(exchange);
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
    if (!closed) report(handler, exchange);
    Py_XDECREF(closed);
    Py_XDECREF(method);
}

/* Calls the application and sends what it returns. */
static void run(const struct handler *handler, struct exchange *exchange, PyObject *environ,
                PyObject *start_response) {
    PyObject *result = PyObject_CallFunctionObjArgs(handler->app, environ, start_response, NULL);
    if (forked) child_leave(handler);
    if (!result) {
        fail(handler, exchange);
        return;
    }
    if (body_send(exchange, result) < 0) fail(handler, exchange);
    close_result(handler, exchange, result);
    Py_DECREF(result);
}

static void answer(const struct handler *handler, struct exchange *exchange) {
    bool body = gr_request_content_length(exchange->request) != 0;
    PyObject *input = body ? input_new(exchange) : NULL;
    PyObject *environ = body && !input ? NULL : environ_new(exchange, input);
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
    if (!thread_enter()) {
        gr_log(GR_LOG_ERROR, "no memory for a Python thread state");
        return;
    }
    struct exchange exchange = {.request = request, .thread = thread_current(), .declared = -1};
    answer(data, &exchange);
    thread_leave();
}

int handler_setup(void) {
    pthread_atfork(NULL, NULL, note_fork);
    close_name = PyUnicode_InternFromString("close");
    return close_name ? 0 : -1;
}
