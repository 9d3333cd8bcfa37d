#include "host/wsgi/client.h"

#include <errno.h>
#include <stdlib.h>

#include "host/wsgi/answer.h"
#include "host/wsgi/text.h"

static const char client_name[] = "_greenroom.client", tls_name[] = "_greenroom.client_tls";

/* ---- clients ---- */

static void forget_tls(PyObject *capsule) { gr_tls_close(PyCapsule_GetPointer(capsule, tls_name)); }

PyObject *client_tls(PyObject *module, PyObject *args) {
    gr_tls_files files = {.protocol = "http/1.1"};
    char why[GR_TLS_WHY_SIZE];
    int verify;
    if (!PyArg_ParseTuple(args, "zzzp:client_tls", &files.authorities, &files.certificate,
                          &files.key, &verify))
        return NULL;
    files.anybody = !verify;
    PyThreadState *state = PyEval_SaveThread();
    gr_tls *tls = gr_tls_client(&files, why);
    PyEval_RestoreThread(state);
    if (!tls) {
        PyErr_SetString(PyExc_ValueError, why);
        return NULL;
    }
    PyObject *capsule = PyCapsule_New(tls, tls_name, forget_tls);
    if (!capsule) gr_tls_close(tls);
    return capsule;
}

/* The context of its capsule is that of its settings for TLS, which have to last as long. */
static void forget_client(PyObject *capsule) {
    gr_client_close(PyCapsule_GetPointer(capsule, client_name));
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule));
}

static PyObject *handle_of(gr_client *client, PyObject *tls) {
    PyObject *capsule = PyCapsule_New(client, client_name, forget_client);
    if (!capsule)
        gr_client_close(client);
    else if (tls != Py_None)
        PyCapsule_SetContext(capsule, Py_NewRef(tls));
    return capsule;
}

PyObject *client_open(PyObject *module, PyObject *args) {
    gr_client_options options = {.user_agent = "greenroom/" GREENROOM_VERSION};
    gr_failure failure;
    Py_ssize_t connections, per_origin;
    long long place;
    int raw;
    PyObject *tls;
    if (!PyArg_ParseTuple(args, "nniLpOzz:client_open", &connections, &per_origin,
                          &options.redirects, &place, &raw, &tls, &options.proxy,
                          &options.unix_path))
        return NULL;
    if (tls != Py_None && !(options.tls = PyCapsule_GetPointer(tls, tls_name))) return NULL;
    options.connections = (size_t)connections;
    options.connections_per_origin = (size_t)per_origin;
    options.place_timeout = place;
    options.raw_bodies = raw;
    gr_client *client = gr_client_open(&options, &failure);
    if (client) return handle_of(client, tls);
    PyErr_SetString(PyExc_ValueError, failure.why);
    return NULL;
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

/* ---- calls ---- */

/* A str as UTF-8, which belongs to it; or, where there is a list to keep it in, as Latin-1 or
 * bytes. */
static int slice_of(PyObject *text, PyObject *kept, gr_slice *slice) {
    Py_ssize_t len;
    if (kept && PyBytes_Check(text)) {
        *slice = (gr_slice){PyBytes_AsString(text), (size_t)PyBytes_Size(text)};
        return 0;
    }
    slice->data = PyUnicode_AsUTF8AndSize(text, &len);
    if (!slice->data) return -1;
    slice->len = (size_t)len;
    if (!kept || len == PyUnicode_GetLength(text)) return 0;
    PyObject *latin = PyUnicode_AsLatin1String(text);
    if (!latin) return -1;
    *slice = (gr_slice){PyBytes_AsString(latin), (size_t)PyBytes_Size(latin)};
    int result = PyList_Append(kept, latin);
    Py_DECREF(latin);
    return result;
}

/* The memory is the caller's to free; the slices belong to the list, or to what is kept. */
static gr_client_field *read_fields(PyObject *list, PyObject *kept, size_t *count) {
    Py_ssize_t size = PyList_Size(list);
    if (size < 0) return NULL;
    gr_client_field *fields = malloc((size_t)size * sizeof *fields + 1);
    if (!fields) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *name, *value;
        if (!PyArg_ParseTuple(PyList_GetItem(list, i), "OO", &name, &value) ||
            slice_of(name, kept, &fields[i].name) < 0 ||
            slice_of(value, kept, &fields[i].value) < 0) {
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

/* ---- bodies that are sent ---- */

/* The pieces that an iterator brings, bytes. */
struct pieces {
    PyObject *iterator, *piece;
};

/* Without the interpreter's lock. An exception is there when the lock is taken again. */
static int next_piece(void *data, gr_slice *bytes) {
    struct pieces *pieces = data;
    PyGILState_STATE state = PyGILState_Ensure();
    char *octets;
    Py_ssize_t len;
    int result = -1;
    Py_CLEAR(pieces->piece);
    pieces->piece = PyIter_Next(pieces->iterator);
    if (!pieces->piece) {
        result = PyErr_Occurred() ? -1 : 0;
    } else if (PyBytes_AsStringAndSize(pieces->piece, &octets, &len) == 0) {
        *bytes = (gr_slice){octets, (size_t)len};
        result = 1;
    }
    PyGILState_Release(state);
    if (result < 0) errno = EIO;
    return result;
}

/* What is to be sent, and what came of it. */
struct exchange {
    gr_call call;
    struct pieces pieces;
    bool stream;       /* the body of the answer is to be streamed */
    gr_answer *answer; /* NULL: there is none, see failure */
    gr_failure failure;
    struct answer_body body;
};

/* body is None, bytes, or an iterator of bytes, of that length. */
static int set_body(struct exchange *exchange, PyObject *body, long long length) {
    gr_call *call = &exchange->call;
    if (body == Py_None) return 0;
    if (PyBytes_Check(body)) {
        call->body = (gr_slice){PyBytes_AsString(body), (size_t)PyBytes_Size(body)};
        return 0;
    }
    exchange->pieces.iterator = body;
    call->stream_length = length;
    call->stream = gr_reader_pull(next_piece, &exchange->pieces);
    if (call->stream) return 0;
    PyErr_NoMemory();
    return -1;
}

/* Lets others have the interpreter meanwhile. Bodies that are announced to be larger than eager_max
 * are streamed. */
static void make(gr_client *client, struct exchange *exchange, int64_t eager_max) {
    PyThreadState *state = PyEval_SaveThread();
    exchange->answer = gr_client_call(client, &exchange->call, &exchange->failure);
    if (exchange->answer && gr_answer_content_length(exchange->answer) > eager_max)
        exchange->stream = true;
    if (exchange->answer && !exchange->stream) answer_collect(exchange->answer, &exchange->body);
    gr_reader_close(exchange->call.stream);
    PyEval_RestoreThread(state);
    Py_XDECREF(exchange->pieces.piece);
}

/* Fills in fields and body, and makes the call. kept is that of read_fields. Returns -1 with an
 * exception when there is nothing to be sent. */
static int perform(PyObject *client, struct exchange *exchange, PyObject *list, PyObject *kept,
                   PyObject *body, long long length, int64_t eager_max) {
    gr_client *opened = PyCapsule_GetPointer(client, client_name);
    gr_client_field *fields = opened ? read_fields(list, kept, &exchange->call.field_count) : NULL;
    int result = fields ? set_body(exchange, body, length) : -1;
    exchange->call.fields = fields;
    if (result == 0) make(opened, exchange, eager_max);
    free(fields);
    return result;
}

static PyObject *call_failed(const gr_failure *failure) {
    return answer_failure(failure->kind, failure->error, failure->why);
}

/* The answer is closed, or belongs to the handle. */
static PyObject *content_of(struct exchange *exchange, PyObject *client) {
    if (exchange->stream) return answer_handle(exchange->answer, client);
    gr_answer_close(exchange->answer);
    PyObject *content =
        PyBytes_FromStringAndSize(exchange->body.data, (Py_ssize_t)exchange->body.len);
    free(exchange->body.data);
    return content;
}

PyObject *client_call(PyObject *module, PyObject *args) {
    PyObject *client, *list, *body;
    struct exchange exchange = {.stream = false};
    gr_call *call = &exchange.call;
    long long length, connect, read, whole;
    int stream;
    if (!PyArg_ParseTuple(args, "OssOOLzzLLLp:client_call", &client, &call->method, &call->url,
                          &list, &body, &length, &call->user, &call->password, &connect, &read,
                          &whole, &stream))
        return NULL;
    call->connect_timeout = connect;
    call->read_timeout = read;
    call->timeout = whole;
    exchange.stream = stream;
    if (perform(client, &exchange, list, NULL, body, length, INT64_MAX) < 0) return NULL;
    gr_answer *answer = exchange.answer;
    if (!answer) return call_failed(&exchange.failure);
    int status = gr_answer_status(answer), error = exchange.body.error;
    PyObject *reason = text_new(gr_answer_reason(answer)), *headers = fields_of(answer);
    PyObject *url = Py_BuildValue("z", gr_answer_url(answer));
    PyObject *content = content_of(&exchange, client);
    if (!error) return Py_BuildValue("iNNNN", status, reason, url, headers, content);
    Py_XDECREF(reason);
    Py_XDECREF(headers);
    Py_XDECREF(url);
    Py_XDECREF(content);
    return answer_failed(error);
}

/* Who composes requests looks at heads before bodies. */
enum { EAGER_MAX = 64 * 1024 };

PyObject *client_exchange(PyObject *module, PyObject *args) {
    PyObject *client, *list, *body;
    struct exchange exchange = {.call.fields_complete = true};
    gr_call *call = &exchange.call;
    long long length, connect, read;
    int stream;
    if (!PyArg_ParseTuple(args, "OssOOLLLp:client_exchange", &client, &call->method, &call->url,
                          &list, &body, &length, &connect, &read, &stream))
        return NULL;
    call->connect_timeout = connect;
    call->read_timeout = read;
    exchange.stream = stream;
    PyObject *kept = PyList_New(0);
    int made = kept ? perform(client, &exchange, list, kept, body, length, EAGER_MAX) : -1;
    Py_XDECREF(kept);
    if (made < 0) return NULL;
    gr_answer *answer = exchange.answer;
    if (!answer) return call_failed(&exchange.failure);
    int status = gr_answer_status(answer), version = gr_answer_version(answer);
    PyObject *reason = text_new(gr_answer_reason(answer)), *headers = fields_of(answer);
    PyObject *content = content_of(&exchange, client);
    return Py_BuildValue("iiNNNi", status, version, reason, headers, content, exchange.body.error);
}
