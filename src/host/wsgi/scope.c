#include "host/wsgi/scope.h"

#include <errno.h>
#include <stdlib.h>

#include "greenroom/green.h"
#include "greenroom/request.h"
#include "greenroom/scope.h"
#include "host/wsgi/thread.h"

static const char capsule_name[] = "_greenroom.scope";

struct child {
    PyObject *run;   /* called without arguments; true: it has not failed */
    PyObject *adopt; /* see thread_enter */
};

static PyObject *raise_errno(void) { return PyErr_SetFromErrno(PyExc_OSError); }

static gr_scope *scope_of(PyObject *capsule) { return PyCapsule_GetPointer(capsule, capsule_name); }

PyObject *scope_open(PyObject *module, PyObject *unused) {
    gr_scope *scope = gr_scope_open();
    return scope ? PyCapsule_New(scope, capsule_name, NULL) : raise_errno();
}

/* On the child's own thread. What it raises is kept by run; here it only counts that it did. */
static int child_run(void *arg) {
    struct child *child = arg;
    int error = ENOMEM;
    if (thread_enter(child->adopt)) {
        PyObject *fine = PyObject_CallNoArgs(child->run);
        if (!fine) PyErr_WriteUnraisable(child->run);
        error = fine && PyObject_IsTrue(fine) ? 0 : ECHILD;
        Py_XDECREF(fine);
        Py_DECREF(child->run);
        Py_DECREF(child->adopt);
        thread_leave();
    }
    free(child);
    return error;
}

PyObject *scope_start(PyObject *module, PyObject *args) {
    PyObject *capsule, *run, *adopt;
    if (!PyArg_ParseTuple(args, "OOO:scope_start", &capsule, &run, &adopt)) return NULL;
    gr_scope *scope = scope_of(capsule);
    struct child *child = scope ? malloc(sizeof *child) : NULL;
    if (!child) return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    *child = (struct child){.run = Py_NewRef(run), .adopt = Py_NewRef(adopt)};
    PyThreadState *state = PyEval_SaveThread();
    int error = gr_scope_spawn(scope, child_run, child) < 0 ? errno : 0;
    PyEval_RestoreThread(state);
    if (!error) return Py_NewRef(Py_None);
    Py_DECREF(run);
    Py_DECREF(adopt);
    free(child);
    errno = error;
    return raise_errno();
}

PyObject *scope_cancel(PyObject *module, PyObject *capsule) {
    gr_scope *scope = scope_of(capsule);
    if (!scope) return NULL;
    PyThreadState *state = PyEval_SaveThread();
    gr_scope_cancel(scope);
    PyEval_RestoreThread(state);
    return Py_NewRef(Py_None);
}

PyObject *scope_close(PyObject *module, PyObject *capsule) {
    gr_scope *scope = scope_of(capsule);
    if (!scope) return NULL;
    PyThreadState *state = PyEval_SaveThread();
    int error = gr_scope_close(scope) < 0 ? errno : 0;
    PyEval_RestoreThread(state);
    return PyLong_FromLong(error);
}

PyObject *scope_shield(PyObject *module, PyObject *up) {
    int truth = PyObject_IsTrue(up);
    if (truth < 0) return NULL;
    gr_shield(truth);
    return Py_NewRef(Py_None);
}

PyObject *scope_is_cancelled(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(gr_cancelled());
}

PyObject *scope_cancel_on_disconnect(PyObject *module, PyObject *on) {
    int truth = PyObject_IsTrue(on);
    if (truth < 0) return NULL;
    gr_request *request = gr_request_current();
    if (!request) {
        errno = EPERM;
        return raise_errno();
    }
    PyThreadState *state = PyEval_SaveThread();
    int error = gr_request_cancel_on_disconnect(request, truth) < 0 ? errno : 0;
    PyEval_RestoreThread(state);
    errno = error;
    return error ? raise_errno() : Py_NewRef(Py_None);
}
