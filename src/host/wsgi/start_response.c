#include "host/wsgi/start_response.h"

#include <ctype.h>
#include <errno.h>

#include "greenroom/log.h"
#include "greenroom/response.h"
#include "host/wsgi/endpoint.h"

struct start_response {
    PyObject_HEAD struct exchange *exchange; /* NULL once it is over */
};

static PyTypeObject *type;

/* The bytes of a str in latin-1. They live as long as str and *keep, which the caller owes a
 * Py_XDECREF. */
static int latin1_of(PyObject *str, gr_slice *bytes, PyObject **keep) {
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(str, &len);
    *keep = NULL;
    if (utf8 && len == PyUnicode_GetLength(str)) {
        *bytes = (gr_slice){utf8, (size_t)len};
        return 0;
    }
    PyErr_Clear();
    char *data;
    if (!(*keep = PyUnicode_AsLatin1String(str))) return -1;
    if (PyBytes_AsStringAndSize(*keep, &data, &len) < 0) return -1;
    *bytes = (gr_slice){data, (size_t)len};
    return 0;
}

static bool status_well_formed(gr_slice status) {
    const char *text = status.data;
    return status.len >= 4 && isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) &&
           isdigit((unsigned char)text[2]) && text[3] == ' ' && !memchr(text, 0, status.len);
}

static int take_status(gr_request *request, PyObject *status) {
    if (!PyUnicode_Check(status)) {
        PyErr_Format(PyExc_TypeError, "the status must be a str such as '200 OK', not %R", status);
        return -1;
    }
    gr_slice text;
    PyObject *keep;
    int result = latin1_of(status, &text, &keep);
    if (result == 0) {
        result = -1;
        if (status_well_formed(text)) {
            int code = (text.data[0] - '0') * 100 + (text.data[1] - '0') * 10 + text.data[2] - '0';
            result = gr_response_begin(request, code, text.data + 4);
        }
        if (result < 0)
            PyErr_Format(PyExc_ValueError,
                         "the status must be three digits from 200 to 599, a blank and a reason "
                         "without control characters, not %R",
                         status);
    }
    Py_XDECREF(keep);
    return result;
}

/* Fields that say how long the connection is kept. The server decides that, and the answer means
 * the same without them. */
static bool about_connection(gr_slice name) {
    return gr_slice_equal_nocase(name, gr_slice_of("Connection")) ||
           gr_slice_equal_nocase(name, gr_slice_of("Keep-Alive"));
}

static void warn_once(gr_slice name) {
    static bool warned;
    if (warned) return;
    warned = true;
    gr_log(GR_LOG_WARNING, "the application sets %.*s, which is the server's: dropped",
           (int)name.len, name.data);
}

static void raise_refused(PyObject *name, PyObject *value, int error) {
    if (error == EPERM)
        PyErr_Format(PyExc_ValueError,
                     "%R is a hop-by-hop header field: only the server can set it", name);
    else if (error == ENOMEM)
        PyErr_NoMemory();
    else
        PyErr_Format(PyExc_ValueError, "not a valid header field: %R: %R", name, value);
}

/* The server has accepted it, so it is a number. */
static void note_length(struct exchange *exchange, gr_slice name, gr_slice value) {
    static const gr_slice content_length = {"Content-Length", sizeof("Content-Length") - 1};
    if (!gr_slice_equal_nocase(name, content_length)) return;
    exchange->declared = 0;
    for (size_t i = 0; i < value.len; i++)
        if (isdigit((unsigned char)value.data[i]))
            exchange->declared = exchange->declared * 10 + (value.data[i] - '0');
}

static int take_field(struct exchange *exchange, PyObject *name, PyObject *value) {
    gr_slice name_bytes, value_bytes;
    PyObject *keep_name = NULL, *keep_value = NULL;
    int result = -1;
    if (latin1_of(name, &name_bytes, &keep_name) < 0 ||
        latin1_of(value, &value_bytes, &keep_value) < 0)
        goto out;
    result = gr_response_header_slice(exchange->request, name_bytes, value_bytes);
    if (result == 0) {
        note_length(exchange, name_bytes, value_bytes);
    } else if (errno == EPERM && about_connection(name_bytes)) {
        warn_once(name_bytes);
        result = 0;
    } else {
        raise_refused(name, value, errno);
    }
out:
    Py_XDECREF(keep_name);
    Py_XDECREF(keep_value);
    return result;
}

static int take_fields(struct exchange *exchange, PyObject *fields) {
    if (!PyList_Check(fields)) {
        PyErr_Format(PyExc_TypeError, "the header fields must be a list of tuples, not %R", fields);
        return -1;
    }
    for (Py_ssize_t i = 0, count = PyList_Size(fields); i < count; i++) {
        PyObject *field = PyList_GetItem(fields, i);
        if (!field) return -1;
        PyObject *name =
            PyTuple_Check(field) && PyTuple_Size(field) == 2 ? PyTuple_GetItem(field, 0) : NULL;
        PyObject *value = name ? PyTuple_GetItem(field, 1) : NULL;
        if (!name || !PyUnicode_Check(name) || !PyUnicode_Check(value)) {
            PyErr_Format(PyExc_TypeError,
                         "a header field must be a tuple of two str, name and value, not %R",
                         field);
            return -1;
        }
        if (take_field(exchange, name, value) < 0) return -1;
    }
    return 0;
}

/* Raises what the application handed over as sys.exc_info(). */
static void reraise(PyObject *exc_info) {
    PyObject *error = PyTuple_GetItem(exc_info, 1);
    PyObject *traceback = PyTuple_GetItem(exc_info, 2);
    if (traceback && traceback != Py_None && PyException_SetTraceback(error, traceback) < 0) return;
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
}

/* Whether status and fields may be given now. */
static int check_turn(struct exchange *exchange, PyObject *exc_info) {
    if (exc_info != Py_None && (!PyTuple_Check(exc_info) || PyTuple_Size(exc_info) != 3 ||
                                !PyExceptionInstance_Check(PyTuple_GetItem(exc_info, 1)))) {
        PyErr_SetString(PyExc_TypeError, "exc_info must be what sys.exc_info() returns");
        return -1;
    }
    if (exc_info == Py_None && exchange->begun) {
        PyErr_SetString(PyExc_AssertionError,
                        "start_response was called a second time, without exc_info");
        return -1;
    }
    if (exc_info != Py_None && gr_response_started(exchange->request)) {
        reraise(exc_info);
        return -1;
    }
    return 0;
}

static int parse(PyObject *args, PyObject *kwargs, PyObject **status, PyObject **fields,
                 PyObject **exc_info) {
    static char *names[] = {"status", "response_headers", "exc_info", NULL};
    *exc_info = Py_None;
    if (!kwargs && PyTuple_Size(args) == 2) {
        *status = PyTuple_GetItem(args, 0);
        *fields = PyTuple_GetItem(args, 1);
        return 0;
    }
    return PyArg_ParseTupleAndKeywords(args, kwargs, "OO|O:start_response", names, status, fields,
                                       exc_info)
               ? 0
               : -1;
}

static PyObject *write_piece(PyObject *self, PyObject *piece) {
    struct exchange *exchange = ((struct start_response *)self)->exchange;
    char *data;
    Py_ssize_t len;
    if (exchange_check(exchange) < 0) return NULL;
    if (!PyBytes_Check(piece))
        return PyErr_Format(PyExc_TypeError, "write() takes bytes, not %R", piece);
    if (PyBytes_AsStringAndSize(piece, &data, &len) < 0) return NULL;
    if (len > 0 && exchange_write(exchange, data, len) < 0) return NULL;
    return Py_NewRef(Py_None);
}

static PyMethodDef write_method = {"write", write_piece, METH_O, NULL};

static PyObject *start_response_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    struct exchange *exchange = ((struct start_response *)self)->exchange;
    PyObject *status, *fields, *exc_info;
    if (parse(args, kwargs, &status, &fields, &exc_info) < 0) return NULL;
    if (exchange_check(exchange) < 0 || check_turn(exchange, exc_info) < 0) return NULL;

    exchange->begun = false;
    exchange->declared = -1;
    if (take_status(exchange->request, status) < 0 || take_fields(exchange, fields) < 0)
        return NULL;
    exchange->begun = true;
    endpoint_tell(exchange);
    return PyCFunction_NewEx(&write_method, self, NULL);
}

/* The last one freed, kept for the next request. */
static PyObject *spare;

static void start_response_dealloc(PyObject *self) {
    if (!spare)
        spare = self;
    else
        ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyObject *start_response_new(struct exchange *exchange) {
    PyObject *self = spare ? PyObject_Init(spare, type) : PyType_GenericAlloc(type, 0);
    if (!self) return NULL;
    if (self == spare) spare = NULL;
    ((struct start_response *)self)->exchange = exchange;
    return self;
}

void start_response_finish(PyObject *start_response) {
    ((struct start_response *)start_response)->exchange = NULL;
    Py_DECREF(start_response);
}

int start_response_setup(void) {
    static PyType_Slot slots[] = {
        {Py_tp_call, start_response_call}, {Py_tp_dealloc, start_response_dealloc}, {0, NULL}};
    static PyType_Spec spec = {"_greenroom.StartResponse", sizeof(struct start_response), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    type = (PyTypeObject *)PyType_FromSpec(&spec);
    return type ? 0 : -1;
}
