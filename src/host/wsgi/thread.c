#include "host/wsgi/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "greenroom/green.h"

static PyInterpreterState *interpreter;
static pthread_key_t cleanup_key;
static atomic_bool closed;

/* One word of static TLS, so that the hot path reads it without a call. */
static __thread PyThreadState *mine __attribute__((tls_model("initial-exec")));

static void thread_cleanup(void *state) {
    if (atomic_load(&closed)) return;
    PyEval_RestoreThread(state);
    PyThreadState_Clear(state);
    PyEval_SaveThread();
    PyThreadState_Delete(state);
}

static bool state_make(void) {
    PyThreadState *state = PyThreadState_New(interpreter);
    if (!state) return false;
    if (pthread_setspecific(cleanup_key, state) != 0) {
        /* Only with the GIL may a state be cleared, and it cannot stay: enter and undo. */
        thread_cleanup(state);
        return false;
    }
    mine = state;
    return true;
}

bool thread_enter(PyObject *adopt) {
    bool fresh = !mine;
    if (fresh && !state_make()) return false;
    PyEval_RestoreThread(mine);
    if (!fresh) return true;
    PyObject *adopted = PyObject_CallNoArgs(adopt);
    if (!adopted) PyErr_WriteUnraisable(adopt);
    Py_XDECREF(adopted);
    return true;
}

void thread_leave(void) { PyEval_SaveThread(); }

PyThreadState *thread_current(void) { return mine; }

void thread_close(void) { atomic_store(&closed, true); }

/* The monitor's thread state is made on the monitor's thread: up to 3.11 it takes its identity
 * from the thread that makes it. After thread_close there is no lock worth waiting for. */

static __thread bool holding;

static void monitor_hold(void *data) {
    (void)data;
    static PyThreadState *monitor;
    if (atomic_load(&closed)) return;
    if (!monitor && !(monitor = PyThreadState_New(interpreter))) return;
    PyEval_RestoreThread(monitor);
    holding = true;
}

static void monitor_release(void *data) {
    (void)data;
    if (!holding) return;
    holding = false;
    PyEval_SaveThread();
}

/* The shortest life that a Python thread can have: it calls int() and ends. */
static void example_start(void *data) {
    PyObject *thread = PyImport_ImportModule("_thread");
    if (!thread) return;
    PyObject *ident =
        PyObject_CallMethod(thread, "start_new_thread", "O()", (PyObject *)&PyLong_Type);
    *(bool *)data = ident != NULL;
    Py_XDECREF(ident);
    Py_DECREF(thread);
}

int thread_setup(void) {
    interpreter = PyInterpreterState_Get();
    if ((errno = pthread_key_create(&cleanup_key, thread_cleanup)) != 0) goto fail;
    gr_preempt_with(&(gr_preempter){.hold = monitor_hold, .release = monitor_release});
    bool started = false;
    int learnt = gr_threads_like(example_start, &started);
    if (!started) return -1;
    if (learnt < 0) goto fail;
    return 0;
fail:
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}
