#include "host/wsgi/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "greenroom/green.h"
#include "greenroom/worker.h"
#include "host/wsgi/stack.h"

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

/* The thread states of the server's own OS threads are made on those threads: up to 3.11 one takes
 * its identity from the thread that makes it. After thread_close the interpreter ends, with the
 * lock held to the last: whoever is let go on beside it finds it half gone. So these threads rest
 * from then on. */

static __thread bool holding;

static void lock_hold(void *data) {
    (void)data;
    static __thread PyThreadState *state;
    while (atomic_load(&closed)) pause();
    if (!state && !(state = PyThreadState_New(interpreter))) return;
    PyEval_RestoreThread(state);
    holding = true;
}

static void lock_release(void *data) {
    (void)data;
    if (!holding) return;
    holding = false;
    PyEval_SaveThread();
}

/* What Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS stand for. */
static void pass_lock(void *data) {
    (void)data;
    PyEval_RestoreThread(PyEval_SaveThread());
}

static void lock_describe(void *data, const uintptr_t *threads, size_t count,
                          void (*tell)(void *to, size_t which, const char *text), void *to) {
    (void)data;
    if (holding) stacks_tell(threads, count, tell, to);
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

/* It must not begin when the interpreter ends, however soon that is. */
static void let_example_end(void) {
    PyThreadState *state = PyEval_SaveThread();
    gr_yield();
    PyEval_RestoreThread(state);
}

int thread_setup(void) {
    interpreter = PyInterpreterState_Get();
    if ((errno = pthread_key_create(&cleanup_key, thread_cleanup)) != 0) goto fail;
    bool green = gr_worker_threads() == 0;
    gr_preempt_with(&(gr_preempter){.hold = lock_hold,
                                    .release = lock_release,
                                    .describe = lock_describe,
                                    .pass = green ? pass_lock : NULL});
    if (!green) return 0;
    bool started = false;
    int learnt = gr_threads_like(example_start, &started);
    if (!started) return -1;
    if (learnt < 0) goto fail;
    let_example_end();
    return 0;
fail:
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}
