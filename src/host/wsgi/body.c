#include "host/wsgi/body.h"

#include "greenroom/response.h"
#include "host/wsgi/file_wrapper.h"

/* A list of pieces up to this size together is sent as one. */
enum { JOINED_MAX = 65536 };

static int check_begun(const struct exchange *exchange) {
    if (exchange->begun) return 0;
    PyErr_SetString(PyExc_AssertionError, "the application did not call start_response");
    return -1;
}

static int piece_of(PyObject *object, const char **data, Py_ssize_t *len) {
    if (PyBytes_Check(object)) return PyBytes_AsStringAndSize(object, (char **)data, len);
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name) PyErr_Format(PyExc_TypeError, "the body must consist of bytes, not %U", name);
    Py_XDECREF(name);
    return -1;
}

/* Short of its promise, unless it is the answer to HEAD: the server can tell. */
static int check_complete(struct exchange *exchange) {
    return exchange->sent < exchange->declared ? exchange_end(exchange) : 0;
}

/* The whole body, or the rest of it after write(). */
static int send_whole(struct exchange *exchange, const char *data, Py_ssize_t len) {
    if (!gr_response_started(exchange->request)) return exchange_send(exchange, data, len);
    return exchange_write(exchange, data, len) < 0 ? -1 : check_complete(exchange);
}

static int send_one(struct exchange *exchange, PyObject *object) {
    const char *data;
    Py_ssize_t len;
    if (piece_of(object, &data, &len) < 0 || check_begun(exchange) < 0) return -1;
    return send_whole(exchange, data, len);
}

/* Total length of a list or tuple of bytes; -1 with an exception. */
static Py_ssize_t total_of(PyObject *pieces, Py_ssize_t count) {
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        const char *data;
        Py_ssize_t len;
        PyObject *piece = PySequence_GetItem(pieces, i);
        int result = piece ? piece_of(piece, &data, &len) : -1;
        Py_XDECREF(piece);
        if (result < 0) return -1;
        total += len;
    }
    return total;
}

static int send_joined(struct exchange *exchange, PyObject *pieces) {
    PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
    PyObject *joined = empty ? PyObject_CallMethod(empty, "join", "O", pieces) : NULL;
    int result = joined ? send_one(exchange, joined) : -1;
    Py_XDECREF(joined);
    Py_XDECREF(empty);
    return result;
}

static int declare(struct exchange *exchange, Py_ssize_t len) {
    if (exchange->declared >= 0 || gr_response_started(exchange->request)) return 0;
    char digits[24];
    int count = PyOS_snprintf(digits, sizeof(digits), "%lld", (long long)len);
    exchange->declared = len;
    if (gr_response_header_slice(exchange->request, gr_slice_of("Content-Length"),
                                 (gr_slice){digits, (size_t)count}) == 0)
        return 0;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static int send_piece(struct exchange *exchange, PyObject *object, bool only) {
    const char *data;
    Py_ssize_t len;
    if (piece_of(object, &data, &len) < 0) return -1;
    if (len == 0) return 0;
    if (check_begun(exchange) < 0 || (only && declare(exchange, len) < 0)) return -1;
    return exchange_write(exchange, data, len);
}

/* Sends the pieces of an iterator. expected is how many there will be; -1 when not known. */
static int send_each(struct exchange *exchange, PyObject *iterator, Py_ssize_t expected) {
    PyObject *object;
    int result = 0;
    while (result == 0 && (object = PyIter_Next(iterator))) {
        result = exchange_forked() ? -1 : send_piece(exchange, object, expected == 1);
        Py_DECREF(object);
    }
    if (exchange_forked() || result < 0 || PyErr_Occurred() || check_begun(exchange) < 0) return -1;
    if (!gr_response_started(exchange->request)) return send_whole(exchange, "", 0);
    return check_complete(exchange);
}

static int send_pieces(struct exchange *exchange, PyObject *pieces, Py_ssize_t count) {
    Py_ssize_t total = total_of(pieces, count);
    if (total < 0 || check_begun(exchange) < 0) return -1;
    if (total <= JOINED_MAX) return send_joined(exchange, pieces);
    if (declare(exchange, total) < 0) return -1;
    PyObject *iterator = PyObject_GetIter(pieces);
    int result = iterator ? send_each(exchange, iterator, count) : -1;
    Py_XDECREF(iterator);
    return result;
}

/* With one piece to come the length of the body is known from it, says PEP 3333. */
static Py_ssize_t expected_of(PyObject *result) {
    if (!PyType_GetSlot(Py_TYPE(result), Py_sq_length)) return -1;
    Py_ssize_t count = PyObject_Size(result);
    if (count < 0) PyErr_Clear();
    return count;
}

static int send_iterable(struct exchange *exchange, PyObject *result) {
    if (result == Py_None) {
        PyErr_SetString(PyExc_TypeError, "the application returned None, not an iterable of bytes");
        return -1;
    }
    Py_ssize_t expected = exchange->declared < 0 ? expected_of(result) : -1;
    PyObject *iterator = PyObject_GetIter(result);
    if (!iterator) return -1;
    int outcome = send_each(exchange, iterator, expected);
    Py_DECREF(iterator);
    return outcome;
}

static int send_file(struct exchange *exchange, int fd, off_t offset, size_t len) {
    if (check_begun(exchange) < 0) return -1;
    if (exchange->declared >= 0 && (uint64_t)exchange->declared < len)
        len = (size_t)exchange->declared;
    if (declare(exchange, (Py_ssize_t)len) < 0) return -1;
    if (exchange_send_file(exchange, fd, offset, len) < 0) return -1;
    return check_complete(exchange);
}

int body_send(struct exchange *exchange, PyObject *result) {
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) {
        Py_ssize_t count = PySequence_Size(result);
        if (count != 1) return send_pieces(exchange, result, count);
        PyObject *only = PySequence_GetItem(result, 0);
        int outcome = only ? send_one(exchange, only) : -1;
        Py_XDECREF(only);
        return outcome;
    }
    int fd;
    off_t offset;
    size_t len;
    if (file_wrapper_sendable(result, &fd, &offset, &len))
        return send_file(exchange, fd, offset, len);
    return send_iterable(exchange, result);
}
