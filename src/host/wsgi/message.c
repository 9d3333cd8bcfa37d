#include "host/wsgi/message.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "greenroom/mule.h"

static const char capsule_name[] = "_greenroom.message";

static PyObject *raise_errno(int error) {
    errno = error;
    return PyErr_SetFromErrno(PyExc_OSError);
}

PyObject *message_names(PyObject *module, PyObject *unused) {
    PyObject *names = PyList_New(0);
    for (int i = 0; names && i < gr_mule_count(); i++) {
        PyObject *name = PyUnicode_DecodeFSDefault(gr_mule_name(i));
        if (!name || PyList_Append(names, name) < 0) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

/* A wait that a signal has interrupted goes on unless its handler raises. */
static bool goes_on(int error) { return error == EINTR && PyErr_CheckSignals() == 0; }

static PyObject *raise_error(int error) { return PyErr_Occurred() ? NULL : raise_errno(error); }

/* Evaluates what says whether a call has failed, without the interpreter's lock, until it is over.
 * The value is its errno, or 0. */
#define WAIT_FOR(has_failed)                             \
    ({                                                   \
        int error_;                                      \
        do {                                             \
            PyThreadState *state_ = PyEval_SaveThread(); \
            error_ = (has_failed) ? errno : 0;           \
            PyEval_RestoreThread(state_);                \
        } while (goes_on(error_));                       \
        error_;                                          \
    })

static int send_one(int to, gr_slice payload, int64_t due) {
    return WAIT_FOR(gr_mule_send(to, payload, due) < 0);
}

PyObject *message_send(PyObject *module, PyObject *args) {
    int to, error = 0;
    gr_slice payload;
    Py_ssize_t len;
    long long due;
    if (!PyArg_ParseTuple(args, "iy#L:send", &to, &payload.data, &len, &due)) return NULL;
    payload.len = (size_t)len;
    bool all = to == GR_MULES_ALL;
    if (!all) error = send_one(to, payload, due);
    for (int i = 0; all && i < gr_mule_count() && !error; i++) error = send_one(i, payload, due);
    return error ? raise_error(error) : Py_NewRef(Py_None);
}

PyObject *message_call(PyObject *module, PyObject *args) {
    int to, asked;
    gr_slice payload;
    Py_ssize_t len;
    ssize_t got = 0;
    long long due;
    if (!PyArg_ParseTuple(args, "iy#L:call", &to, &payload.data, &len, &due)) return NULL;
    payload.len = (size_t)len;
    char *reply = malloc(GR_MESSAGE_MAX);
    if (!reply) return PyErr_NoMemory();
    int error = WAIT_FOR((asked = gr_mule_ask(to, payload, due)) < 0);
    if (!error) {
        error = WAIT_FOR((got = gr_mule_take_reply(asked, reply, GR_MESSAGE_MAX, due)) < 0);
        close(asked);
    }
    PyObject *result = error ? raise_error(error) : PyBytes_FromStringAndSize(reply, got);
    free(reply);
    return result;
}

static void forget(PyObject *capsule) {
    gr_message_free(PyCapsule_GetPointer(capsule, capsule_name));
}

PyObject *message_receive(PyObject *module, PyObject *number) {
    gr_message *message;
    int64_t due = PyLong_AsLongLong(number);
    if (due == -1 && PyErr_Occurred()) return NULL;
    int error = WAIT_FOR(!(message = gr_mule_receive(due)));
    if (error == ESHUTDOWN) return Py_NewRef(Py_None);
    if (error) return raise_error(error);
    gr_slice payload = gr_message_payload(message);
    PyObject *capsule = PyCapsule_New(message, capsule_name, forget);
    if (!capsule) gr_message_free(message);
    return capsule ? Py_BuildValue("y#N", payload.data, (Py_ssize_t)payload.len, capsule) : NULL;
}

PyObject *message_reply(PyObject *module, PyObject *args) {
    PyObject *capsule;
    gr_slice payload;
    Py_ssize_t len;
    if (!PyArg_ParseTuple(args, "Oy#:reply", &capsule, &payload.data, &len)) return NULL;
    gr_message *message = PyCapsule_GetPointer(capsule, capsule_name);
    if (!message) return NULL;
    payload.len = (size_t)len;
    PyThreadState *state = PyEval_SaveThread();
    int error = gr_message_reply(message, payload) < 0 ? errno : 0;
    PyEval_RestoreThread(state);
    if (error && error != EPIPE) return raise_errno(error);
    return PyBool_FromLong(!error);
}
