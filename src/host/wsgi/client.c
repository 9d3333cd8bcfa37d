#include "host/wsgi/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "greenroom/client.h"
#include "host/wsgi/text.h"

static const char client_name[] = "_greenroom.client", answer_name[] = "_greenroom.answer";

/* ---- clients ---- */

static void forget_client(PyObject *capsule) {
    gr_client_close(PyCapsule_GetPointer(capsule, client_name));
}

/* Settings for TLS live as long as the process: clients are opened seldom, and closed in no order.
 */
static int set_tls(gr_client_options *options, const gr_tls_files *files) {
    char why[GR_TLS_WHY_SIZE];
    if (!files->authorities && !files->certificate) return 0;
    options->tls = gr_tls_client(files, why);
    if (options->tls) return 0;
    PyErr_SetString(PyExc_ValueError, why);
    return -1;
}

PyObject *client_open(PyObject *module, PyObject *args) {
    gr_client_options options = {.user_agent = "greenroom/" GREENROOM_VERSION};
    gr_tls_files files = {.protocol = "http/1.1"};
    gr_failure failure;
    Py_ssize_t connections, per_origin;
    if (!PyArg_ParseTuple(args, "nnizzzzz:client_open", &connections, &per_origin,
                          &options.redirects, &files.authorities, &files.certificate, &files.key,
                          &options.proxy, &options.unix_path) ||
        set_tls(&options, &files) < 0)
        return NULL;
    options.connections = (size_t)connections;
    options.connections_per_origin = (size_t)per_origin;
    gr_client *client = gr_client_open(&options, &failure);
    if (!client) {
        PyErr_SetString(PyExc_ValueError, failure.why);
        return NULL;
    }
    PyObject *capsule = PyCapsule_New(client, client_name, forget_client);
    if (!capsule) gr_client_close(client);
    return capsule;
}

/* A signal has come while a client waits, without the interpreter's lock: does its handler raise?
 * Then the exception is there when the lock is taken again. */
static bool handler_raises(void) {
    PyGILState_STATE state = PyGILState_Ensure();
    bool raises = PyErr_CheckSignals() < 0;
    PyGILState_Release(state);
    return raises;
}

int client_setup(void) {
    gr_client_on_signal(handler_raises);
    return 0;
}

static PyObject *failed(gr_failure_kind kind, int error, const char *why) {
    return PyErr_Occurred() ? NULL : Py_BuildValue("iis", (int)kind, error, why);
}

/* ---- answers ---- */

struct answer {
    gr_answer *answer; /* NULL once it is closed */
    PyObject *client;  /* which has to last as long */
    bool busy;         /* somebody reads it */
};

static void forget_answer(PyObject *capsule) {
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    gr_answer_close(answer->answer);
    Py_DECREF(answer->client);
    free(answer);
}

/* Takes over the answer. */
static PyObject *handle_of(gr_answer *opened, PyObject *client) {
    struct answer *answer = malloc(sizeof *answer);
    PyObject *capsule = answer ? PyCapsule_New(answer, answer_name, forget_answer) : NULL;
    if (!capsule) {
        if (!answer) PyErr_NoMemory();
        free(answer);
        gr_answer_close(opened);
        return NULL;
    }
    *answer = (struct answer){opened, Py_NewRef(client), false};
    return capsule;
}

static gr_failure_kind kind_of(int error) {
    return error == EPROTO || error == ENODATA ? GR_FAILURE_PROTOCOL : GR_FAILURE_RECEIVE;
}

static PyObject *body_failed(int error) {
    char why[128];
    const char *reason = error == ENODATA ? "it ends too early" : strerror(error);
    snprintf(why, sizeof why, "the body of the answer cannot be read: %s", reason);
    return failed(kind_of(error), error, why);
}

PyObject *client_read(PyObject *module, PyObject *args) {
    PyObject *capsule, *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "On:client_read", &capsule, &size)) return NULL;
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    if (!answer) return NULL;
    if (answer->busy || !answer->answer) {
        PyErr_SetString(PyExc_RuntimeError,
                        answer->busy ? "another thread reads the answer" : "the answer is closed");
        return NULL;
    }
    char *buffer = malloc((size_t)size);
    if (!buffer) return PyErr_NoMemory();
    answer->busy = true;
    PyThreadState *state = PyEval_SaveThread();
    ssize_t n = gr_answer_read(answer->answer, buffer, (size_t)size);
    int error = errno;
    PyEval_RestoreThread(state);
    answer->busy = false;
    bytes = n < 0 ? body_failed(error) : PyBytes_FromStringAndSize(buffer, n);
    free(buffer);
    return bytes;
}

PyObject *client_close(PyObject *module, PyObject *capsule) {
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    if (!answer) return NULL;
    if (!answer->busy) {
        gr_answer_close(answer->answer);
        answer->answer = NULL;
    }
    return Py_NewRef(Py_None);
}

/* ---- calls ---- */

static int slice_of(PyObject *text, gr_slice *slice) {
    Py_ssize_t len;
    slice->data = PyUnicode_AsUTF8AndSize(text, &len);
    slice->len = slice->data ? (size_t)len : 0;
    return slice->data ? 0 : -1;
}

/* The memory is the caller's to free; the slices belong to the list. */
static gr_client_field *read_fields(PyObject *list, size_t *count) {
    Py_ssize_t size = PyList_Size(list);
    if (size < 0) return NULL;
    gr_client_field *fields = malloc((size_t)size * sizeof *fields + 1);
    if (!fields) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *name, *value;
        if (!PyArg_ParseTuple(PyList_GetItem(list, i), "UU", &name, &value) ||
            slice_of(name, &fields[i].name) < 0 || slice_of(value, &fields[i].value) < 0) {
            free(fields);
            return NULL;
        }
    }
    *count = (size_t)size;
    return fields;
}

static PyObject *fields_of(const gr_answer *answer) {
    gr_slice name, value;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && gr_answer_header_at(answer, i, &name, &value); i++) {
        PyObject *pair = Py_BuildValue("NN", text_new(name), text_new(value));
        if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

/* Takes over the answer. */
static PyObject *describe(gr_answer *answer, PyObject *client, bool stream, gr_slice body) {
    int status = gr_answer_status(answer);
    PyObject *reason = text_new(gr_answer_reason(answer)), *fields = fields_of(answer);
    PyObject *url = Py_BuildValue("z", gr_answer_url(answer)), *content;
    if (stream) {
        content = handle_of(answer, client);
    } else {
        content = PyBytes_FromStringAndSize(body.data, (Py_ssize_t)body.len);
        gr_answer_close(answer);
    }
    return Py_BuildValue("iNNNN", status, reason, url, fields, content);
}

PyObject *client_call(PyObject *module, PyObject *args) {
    PyObject *client, *list;
    gr_call call = {0};
    Py_ssize_t len;
    long long connect, read, whole;
    int stream;
    if (!PyArg_ParseTuple(args, "OssOy#zzLLLp:client_call", &client, &call.method, &call.url, &list,
                          &call.body.data, &len, &call.user, &call.password, &connect, &read,
                          &whole, &stream))
        return NULL;
    gr_client *opened = PyCapsule_GetPointer(client, client_name);
    gr_client_field *fields = opened ? read_fields(list, &call.field_count) : NULL;
    if (!fields) return NULL;
    call.fields = fields;
    call.body.len = (size_t)len;
    call.connect_timeout = connect;
    call.read_timeout = read;
    call.timeout = whole;

    gr_failure failure;
    gr_slice body = {NULL, 0};
    int error = 0;
    PyThreadState *state = PyEval_SaveThread();
    gr_answer *answer = gr_client_call(opened, &call, &failure);
    if (answer && !stream && gr_answer_collect(answer, PY_SSIZE_T_MAX, &body) < 0) {
        error = errno;
        gr_answer_close(answer);
    }
    PyEval_RestoreThread(state);
    free(fields);
    if (error) return body_failed(error);
    return answer ? describe(answer, client, stream, body)
                  : failed(failure.kind, failure.error, failure.why);
}
