#include "host/wsgi/input.h"

#include <pthread.h>

#include "greenroom/green.h"
#include "greenroom/worker.h"

/* What one refill asks the connection for, and the first guess at how much a read will give. */
enum { BUFFER_SIZE = 16384 };

/* The request's thread may lend it to others: whoever reads holds the mutex, so one reads at a
 * time, and the exchange is not over before the reader is. */
struct input {
    PyObject_HEAD struct exchange *exchange; /* NULL once it is over, and in the empty input */
    pthread_mutex_t reading;                 /* not in the empty input; taken without the GIL */
    bool empty;                              /* the one for requests without body */
    int64_t left;      /* bytes of the body not yet taken from the request; -1: not known */
    char *buffer;      /* BUFFER_SIZE bytes, from the first line that is read; or NULL */
    size_t start, end; /* what the buffer holds */
};

static PyTypeObject *type;
static PyObject *empty_input;

/* Takes up to len bytes from the request. 0 at the end, -1 with an exception. */
static Py_ssize_t take(struct input *input, char *to, size_t len) {
    if (input->left == 0 || len == 0) return 0;
    Py_ssize_t got = exchange_read(input->exchange, to, len);
    if (got > 0 && input->left > 0) input->left -= got;
    if (got == 0) input->left = 0;
    return got;
}

/* The same, but first from the buffer. */
static Py_ssize_t take_buffered(struct input *input, char *to, size_t len) {
    size_t held = input->end - input->start;
    if (held == 0) return take(input, to, len);
    if (len > held) len = held;
    memcpy(to, input->buffer + input->start, len);
    input->start += len;
    return (Py_ssize_t)len;
}

static void lock(struct input *input) {
    if (pthread_mutex_trylock(&input->reading) == 0) return;
    PyThreadState *state = PyEval_SaveThread();
    pthread_mutex_lock(&input->reading);
    PyEval_RestoreThread(state);
}

static void unlock(struct input *input) {
    if (!input->empty) pthread_mutex_unlock(&input->reading);
}

/* Returns 0 with the input locked, or -1 with RuntimeError. */
static int begin(struct input *input) {
    if (input->empty) return 0;
    if (!gr_is_green() && !gr_worker_threads()) {
        PyErr_SetString(PyExc_RuntimeError, "used on a thread that Greenroom does not know");
        return -1;
    }
    lock(input);
    if (input->exchange) return 0;
    unlock(input);
    PyErr_SetString(PyExc_RuntimeError, "the request is over");
    return -1;
}

/* How many bytes to make room for when up to limit are wanted. The client's word for the length is
 * believed for as much only as it can cost nothing. */
static size_t first_room(const struct input *input, size_t limit) {
    enum { TRUSTED = 1 << 20 };
    size_t held = input->end - input->start;
    size_t guess = input->left < 0 ? BUFFER_SIZE : (size_t)input->left;
    guess = held + (guess < TRUSTED ? guess : TRUSTED);
    return guess < limit ? guess : limit;
}

/* Nothing more can come. */
static bool at_end(const struct input *input) {
    return input->left == 0 && input->start == input->end;
}

/* room bytes, or fewer at the end of the body. */
static PyObject *read_piece(struct input *input, size_t room) {
    PyObject *piece = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    size_t used = 0;
    Py_ssize_t got = 1;
    while (piece && used < room && got > 0) {
        got = take_buffered(input, PyBytes_AsString(piece) + used, room - used);
        if (got < 0) Py_CLEAR(piece);
        if (got > 0) used += (size_t)got;
    }
    if (!piece || used == room) return piece;
    PyObject *shorter = PyBytes_FromStringAndSize(PyBytes_AsString(piece), (Py_ssize_t)used);
    Py_DECREF(piece);
    return shorter;
}

/* Everything up to limit bytes. */
static PyObject *read_up_to(struct input *input, size_t limit) {
    PyObject *bytes = read_piece(input, first_room(input, limit));
    while (bytes && !at_end(input)) {
        size_t size = (size_t)PyBytes_Size(bytes);
        size_t room = size < limit - size ? size : limit - size;
        if (room == 0) break;
        PyBytes_ConcatAndDel(&bytes, read_piece(input, room));
    }
    return bytes;
}

/* Returns 1 when the buffer holds something, 0 at the end, -1 with an exception. */
static int refill(struct input *input) {
    if (input->start < input->end) return 1;
    if (input->left == 0) return 0;
    if (!input->buffer && !(input->buffer = PyMem_Malloc(BUFFER_SIZE))) {
        PyErr_NoMemory();
        return -1;
    }
    input->start = input->end = 0;
    Py_ssize_t got = take(input, input->buffer, BUFFER_SIZE);
    if (got > 0) input->end = (size_t)got;
    return got > 0 ? 1 : (int)got;
}

/* Moves bytes from the buffer behind *line, to the end of the line or limit at most. */
static int line_extend(struct input *input, PyObject **line, size_t limit, bool *complete) {
    const char *from = input->buffer + input->start;
    size_t len = input->end - input->start;
    if (len > limit) len = limit;
    const char *newline = memchr(from, '\n', len);
    if (newline) len = (size_t)(newline - from) + 1;
    *complete = newline || len == limit;
    input->start += len;
    PyBytes_ConcatAndDel(line, PyBytes_FromStringAndSize(from, (Py_ssize_t)len));
    return *line ? 0 : -1;
}

static PyObject *read_line(struct input *input, size_t limit) {
    PyObject *line = PyBytes_FromStringAndSize(NULL, 0);
    bool complete = limit == 0;
    while (line && !complete) {
        int filled = refill(input);
        if (filled == 0) break;
        if (filled < 0) {
            Py_DECREF(line);
            return NULL;
        }
        if (line_extend(input, &line, limit - (size_t)PyBytes_Size(line), &complete) < 0) break;
    }
    return line;
}

/* The optional size of read and its like: None or a negative one is no limit. */
static int limit_of(PyObject *args, const char *format, size_t *limit) {
    PyObject *size = Py_None;
    *limit = PY_SSIZE_T_MAX;
    if (!PyArg_ParseTuple(args, format, &size)) return -1;
    if (size == Py_None) return 0;
    Py_ssize_t number = PyNumber_AsSsize_t(size, NULL);
    if (number == -1 && PyErr_Occurred()) return -1;
    if (number >= 0) *limit = (size_t)number;
    return 0;
}

static PyObject *input_read(PyObject *self, PyObject *args) {
    size_t limit;
    struct input *input = (struct input *)self;
    if (limit_of(args, "|O:read", &limit) < 0 || begin(input) < 0) return NULL;
    PyObject *bytes = read_up_to(input, limit);
    unlock(input);
    return bytes;
}

static PyObject *input_readline(PyObject *self, PyObject *args) {
    size_t limit;
    struct input *input = (struct input *)self;
    if (limit_of(args, "|O:readline", &limit) < 0 || begin(input) < 0) return NULL;
    PyObject *line = read_line(input, limit);
    unlock(input);
    return line;
}

static PyObject *input_next(PyObject *self) {
    struct input *input = (struct input *)self;
    if (begin(input) < 0) return NULL;
    PyObject *line = read_line(input, PY_SSIZE_T_MAX);
    unlock(input);
    if (line && PyBytes_Size(line) == 0) Py_CLEAR(line);
    return line;
}

/* Whole lines, until they are hint bytes together. */
static PyObject *input_readlines(PyObject *self, PyObject *args) {
    size_t hint, total = 0;
    if (limit_of(args, "|O:readlines", &hint) < 0) return NULL;
    if (hint == 0) hint = PY_SSIZE_T_MAX;
    PyObject *lines = PyList_New(0), *line = NULL;
    while (lines && total < hint && (line = input_next(self))) {
        total += (size_t)PyBytes_Size(line);
        if (PyList_Append(lines, line) < 0) break;
        Py_CLEAR(line);
    }
    Py_XDECREF(line);
    if (PyErr_Occurred()) Py_CLEAR(lines);
    return lines;
}

static void input_dealloc(PyObject *self) {
    pthread_mutex_destroy(&((struct input *)self)->reading);
    PyMem_Free(((struct input *)self)->buffer);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyObject *input_empty(void) { return empty_input; }

PyObject *input_new(struct exchange *exchange) {
    struct input *input = (struct input *)PyType_GenericAlloc(type, 0);
    if (!input) return NULL;
    pthread_mutex_init(&input->reading, NULL);
    input->exchange = exchange;
    input->left = gr_request_content_length(exchange->request);
    return (PyObject *)input;
}

void input_finish(PyObject *self) {
    struct input *input = (struct input *)self;
    lock(input);
    input->exchange = NULL;
    unlock(input);
    Py_DECREF(self);
}

static PyMethodDef methods[] = {
    {"read", input_read, METH_VARARGS, "read(size=-1) -> bytes"},
    {"readline", input_readline, METH_VARARGS, "readline(size=-1) -> bytes"},
    {"readlines", input_readlines, METH_VARARGS, "readlines(hint=-1) -> list of bytes"},
    {NULL, NULL, 0, NULL},
};

int input_setup(void) {
    static PyType_Slot slots[] = {{Py_tp_methods, methods},
                                  {Py_tp_iter, PyObject_SelfIter},
                                  {Py_tp_iternext, input_next},
                                  {Py_tp_dealloc, input_dealloc},
                                  {0, NULL}};
    static PyType_Spec spec = {"_greenroom.Input", sizeof(struct input), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    if (!(type = (PyTypeObject *)PyType_FromSpec(&spec))) return -1;
    struct input *input = (struct input *)PyType_GenericAlloc(type, 0);
    if (!input) return -1;
    input->empty = true;
    empty_input = (PyObject *)input;
    return 0;
}
