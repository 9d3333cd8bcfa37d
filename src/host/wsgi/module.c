/* The extension module _greenroom: what python/greenroom asks of the runtime. The type stubs are
 * python/greenroom/_greenroom.pyi. */
#include "host/wsgi/python.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "greenroom/green.h"
#include "greenroom/worker.h"
#include "host/wsgi/account.h"
#include "host/wsgi/answer.h"
#include "host/wsgi/client.h"
#include "host/wsgi/endpoint.h"
#include "host/wsgi/environ.h"
#include "host/wsgi/file_wrapper.h"
#include "host/wsgi/handler.h"
#include "host/wsgi/input.h"
#include "host/wsgi/log.h"
#include "host/wsgi/message.h"
#include "host/wsgi/metric.h"
#include "host/wsgi/route.h"
#include "host/wsgi/scope.h"
#include "host/wsgi/start_response.h"
#include "host/wsgi/thread.h"

static PyObject *raise_errno(void) { return PyErr_SetFromErrno(PyExc_OSError); }

static PyObject *module_start(PyObject *module, PyObject *stack_size) {
    size_t size = PyLong_AsSize_t(stack_size);
    if (size == (size_t)-1 && PyErr_Occurred()) return NULL;
    if (gr_worker_start(size) < 0) return raise_errno();
    if (thread_setup() < 0) return NULL;
    return PyUnicode_DecodeFSDefault(gr_worker_app());
}

static PyObject *module_failed(PyObject *module, PyObject *why) {
    PyObject *encoded = PyUnicode_AsEncodedString(why, "utf-8", "backslashreplace");
    if (!encoded) return NULL;
    gr_worker_failed(PyBytes_AsString(encoded));
    Py_DECREF(encoded);
    return Py_NewRef(Py_None);
}

static int hosting_setup(void) {
    PyObject *file_wrapper = file_wrapper_setup();
    if (!file_wrapper || endpoint_setup() < 0 || input_setup() < 0 || start_response_setup() < 0 ||
        handler_setup() < 0)
        return -1;
    return environ_setup(file_wrapper, input_empty());
}

static int serve_on(void) {
    PyThreadState *state = PyEval_SaveThread();
    int error = gr_worker_serve() < 0 ? errno : 0;
    PyEval_RestoreThread(state);
    return error;
}

static bool asks_to_leave(void) {
    return PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) ||
           PyErr_ExceptionMatches(PyExc_SystemExit);
}

/* With an exception set that asks to leave: the requests in flight are answered before. Another
 * such exception is a reason not to wait for them. */
static void drain(const struct handler *handler) {
    PyObject *kind, *error, *traceback;
    PyErr_Fetch(&kind, &error, &traceback);
    kill(getpid(), SIGTERM);
    while (serve_on() == EINTR) {
        log_levels_follow();
        if (PyErr_CheckSignals() == 0) continue;
        if (asks_to_leave()) break;
        handler_report(handler, "a signal handler");
    }
    PyErr_Restore(kind, error, traceback);
}

/* Returns 0, or the errno of gr_worker_serve, or -1 with an exception by which a signal handler of
 * the application ends the worker. */
static int serve_until_told(const struct handler *handler) {
    for (;;) {
        int error = serve_on();
        if (error != EINTR) return error;
        log_levels_follow();
        if (PyErr_CheckSignals() == 0) continue;
        if (asks_to_leave()) break;
        handler_report(handler, "a signal handler");
    }
    drain(handler);
    return -1;
}

static PyObject *module_serve(PyObject *module, PyObject *args) {
    /* For as long as the process: requests left behind at the graceful timeout may still run. */
    static struct handler handler;
    if (!PyArg_ParseTuple(args, "OOOO:serve", &handler.app, &handler.report, &handler.leave,
                          &handler.adopt))
        return NULL;
    Py_INCREF(handler.app);
    Py_INCREF(handler.report);
    Py_INCREF(handler.leave);
    Py_INCREF(handler.adopt);
    if (hosting_setup() < 0) return NULL;

    gr_app_fallback(gr_worker_application(), handler_run, &handler);
    int error = serve_until_told(&handler);
    if (error < 0) return NULL;
    if (error != 0 && error != ETIMEDOUT) {
        errno = error;
        return raise_errno();
    }
    return PyBool_FromLong(error == 0);
}

/* What signal.set_wakeup_fd is to be given; -1: nothing. */
static PyObject *module_interrupt_fd(PyObject *module, PyObject *unused) {
    int fd = gr_worker_threads() ? gr_worker_interrupt_fd() : -1;
    return fd < 0 && gr_worker_threads() ? raise_errno() : PyLong_FromLong(fd);
}

static PyObject *module_accelerated(PyObject *module, PyObject *unused) {
    return PyUnicode_DecodeFSDefault(gr_worker_accelerate());
}

static PyObject *module_stack_signal(PyObject *module, PyObject *unused) {
    return PyLong_FromLong(gr_worker_stack_signal());
}

static PyObject *module_mule(PyObject *module, PyObject *unused) {
    return PyLong_FromLong(gr_worker_mule());
}

static PyObject *module_end_messages(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(gr_worker_end_messages());
}

static PyObject *module_graceful_timeout(PyObject *module, PyObject *unused) {
    return PyLong_FromLongLong(gr_worker_graceful_timeout());
}

static PyObject *module_wait_for_call(PyObject *module, PyObject *unused) {
    int error;
    do {
        PyThreadState *state = PyEval_SaveThread();
        error = gr_worker_wait_for_call() < 0 ? errno : 0;
        PyEval_RestoreThread(state);
        if (PyErr_CheckSignals() < 0) return NULL;
    } while (error == EINTR);
    errno = error;
    return error ? raise_errno() : Py_NewRef(Py_None);
}

static PyObject *module_close(PyObject *module, PyObject *unused) {
    thread_close();
    return Py_NewRef(Py_None);
}

static PyObject *module_is_green(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(gr_is_green());
}

static PyObject *module_now(PyObject *module, PyObject *unused) {
    return PyLong_FromLongLong(gr_now());
}

static PyObject *module_deadline(PyObject *module, PyObject *unused) {
    return PyLong_FromLongLong(gr_deadline());
}

static PyObject *module_deadline_set(PyObject *module, PyObject *at) {
    int64_t deadline = PyLong_AsLongLong(at);
    if (deadline == -1 && PyErr_Occurred()) return NULL;
    return PyLong_FromLongLong(gr_deadline_set(deadline));
}

/* What os.environ does not show: changes made beneath Python since it started. */
static PyObject *module_environment(PyObject *self, PyObject *name) {
    PyObject *encoded = NULL;
    if (!PyUnicode_FSConverter(name, &encoded)) return NULL;
    const char *value = getenv(PyBytes_AsString(encoded));
    Py_DECREF(encoded);
    if (!value) Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(value);
}

#define METRIC(name, function, doc) \
    { name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS, doc }

static PyMethodDef methods[] = {
    {"start", module_start, METH_O, "Becomes a worker; returns what it is asked to serve."},
    {"failed", module_failed, METH_O, "Tells the supervisor why the worker will not serve."},
    {"wants_routes", route_wanted, METH_NOARGS, "Does anybody want to know of routes?"},
    {"note_route", route_note, METH_VARARGS, "Notes one of the application's routes."},
    {"note_mounts", endpoint_note_mounts, METH_O, "Notes below which prefixes there are others."},
    {"serve", module_serve, METH_VARARGS, "Serves until told to stop."},
    {"mule", module_mule, METH_NOARGS, "The number of this mule; -1: it is a worker."},
    {"wait_for_call", module_wait_for_call, METH_NOARGS,
     "Waits until a mule's function is to be called."},
    {"graceful_timeout", module_graceful_timeout, METH_NOARGS, "In nanoseconds."},
    {"end_messages", module_end_messages, METH_NOARGS,
     "Does the function take messages, which end?"},
    {"message_names", message_names, METH_NOARGS, "The functions of the mules."},
    {"message_send", message_send, METH_VARARGS, "Sends to a mule, or to all."},
    {"message_call", message_call, METH_VARARGS, "Sends to a mule, and waits for the reply."},
    {"message_receive", message_receive, METH_O, "The next message, or None at the end."},
    {"message_reply", message_reply, METH_VARARGS, "Replies; was somebody waiting?"},
    {"interrupt_fd", module_interrupt_fd, METH_NOARGS, "For signal.set_wakeup_fd; -1: not needed."},
    {"accelerated", module_accelerated, METH_NOARGS, "What --accelerate names."},
    {"stack_signal", module_stack_signal, METH_NOARGS, "Upon which faulthandler is to write."},
    {"close", module_close, METH_NOARGS, "The interpreter is about to end."},
    {"environment", module_environment, METH_O, "A variable as the C library sees it, or None."},
    {"log", log_add, METH_VARARGS, "Adds a record to the log."},
    {"log_would_drop", log_would_drop, METH_O, "Is there no room for one of that level?"},
    {"log_is_json", log_is_json, METH_NOARGS, "Are lines of the log JSON objects?"},
    {"log_settings", log_settings, METH_NOARGS, "--log-level and --log-capture."},
    {"log_levels_with", log_levels_with, METH_O, "Calls it when levels are set at run time."},
    {"log_refusal", log_refusal, METH_O, "Says why the application cannot be served."},
    {"is_green", module_is_green, METH_NOARGS, "Is the caller on a green thread?"},
    {"now", module_now, METH_NOARGS, "Nanoseconds of CLOCK_MONOTONIC."},
    {"deadline", module_deadline, METH_NOARGS, "The caller's deadline, 0 for none."},
    {"deadline_set", module_deadline_set, METH_O, "Sets it; returns the one before."},
    {"scope_open", scope_open, METH_NOARGS, "A scope that the caller owns and has to close."},
    {"scope_start", scope_start, METH_VARARGS, "Calls something on a green thread of it."},
    {"scope_cancel", scope_cancel, METH_O, "Cancels what runs in it."},
    {"scope_close", scope_close, METH_O, "Waits for all of it; returns 0 or an errno value."},
    {"shield", scope_shield, METH_O, "Begins or ends a shield of the caller."},
    {"is_cancelled", scope_is_cancelled, METH_NOARGS, "Is the caller cancelled?"},
    {"cancel_on_disconnect", scope_cancel_on_disconnect, METH_O, "For the caller's request."},
    {"client_tls", client_tls, METH_VARARGS, "Settings for TLS."},
    {"client_open", client_open, METH_VARARGS, "An HTTP client."},
    {"client_call", client_call, METH_VARARGS, "Sends a request, receives the answer."},
    {"client_exchange", client_exchange, METH_VARARGS, "The same with the caller's own head."},
    {"client_read", client_read, METH_VARARGS, "Reads of the body of an answer."},
    {"client_read_chunk", client_read_chunk, METH_O, "The next chunk of an answer."},
    {"client_close", client_close, METH_O, "Closes an answer."},
    METRIC("counter", metric_counter, "What has happened, in number."),
    METRIC("gauge", metric_gauge, "What is, in number: the workers' are summed."),
    METRIC("meter", metric_meter, "A counter whose rate is told."),
    METRIC("histogram", metric_histogram, "How values are spread."),
    METRIC("timer", metric_timer, "How long something takes."),
    METRIC("timing", metric_timing, "Times a block."),
    {"account", account_take, METH_NOARGS, "Where the time of the caller's request went."},
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module) {
    if (metric_setup(module) < 0 || client_setup() < 0) return -1;
    return PyModule_AddStringConstant(module, "version", GREENROOM_VERSION);
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_greenroom",
    .m_methods = methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__greenroom(void);

PyMODINIT_FUNC PyInit__greenroom(void) { return PyModuleDef_Init(&module_def); }
