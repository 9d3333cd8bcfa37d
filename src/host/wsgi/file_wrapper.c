#include "host/wsgi/file_wrapper.h"

#include <structmember.h>
#include <sys/stat.h>

enum { BLOCK_SIZE = 65536 };

struct file_wrapper {
    PyObject_HEAD PyObject *file; /* owned */
    Py_ssize_t block_size;
};

static PyTypeObject *type;

/* Of the module io. A subclass may read other bytes than those of its descriptor. */
static PyObject *file_io, *buffered_reader, *buffered_random;

static PyObject *file_wrapper_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"filelike", "blksize", NULL};
    PyObject *file;
    Py_ssize_t block_size = BLOCK_SIZE;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|n:FileWrapper", names, &file, &block_size))
        return NULL;
    if (block_size <= 0)
        return PyErr_Format(PyExc_ValueError, "blksize must be positive, not %zd", block_size);
    struct file_wrapper *self = (struct file_wrapper *)PyType_GenericAlloc(cls, 0);
    if (!self) return NULL;
    self->file = Py_NewRef(file);
    self->block_size = block_size;
    return (PyObject *)self;
}

static int file_wrapper_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((struct file_wrapper *)self)->file);
    return 0;
}

static int file_wrapper_clear(PyObject *self) {
    Py_CLEAR(((struct file_wrapper *)self)->file);
    return 0;
}

static void file_wrapper_dealloc(PyObject *self) {
    PyTypeObject *own = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    file_wrapper_clear(self);
    ((freefunc)PyType_GetSlot(own, Py_tp_free))(self);
    Py_DECREF(own);
}

static PyObject *file_wrapper_next(PyObject *self) {
    struct file_wrapper *wrapper = (struct file_wrapper *)self;
    PyObject *block = PyObject_CallMethod(wrapper->file, "read", "n", wrapper->block_size);
    if (!block) return NULL;
    int some = PyObject_IsTrue(block);
    if (some <= 0) Py_CLEAR(block);
    return block;
}

static PyObject *file_wrapper_close(PyObject *self, PyObject *unused) {
    (void)unused;
    PyObject *file = ((struct file_wrapper *)self)->file;
    if (!PyObject_HasAttrString(file, "close")) return Py_NewRef(Py_None);
    return PyObject_CallMethod(file, "close", NULL);
}

static bool is_exactly(PyObject *object, PyObject *wanted) {
    return (PyObject *)Py_TYPE(object) == wanted;
}

/* The FileIO at the bottom; new reference, or NULL without an exception. */
static PyObject *raw_file(PyObject *file) {
    if (is_exactly(file, file_io)) return Py_NewRef(file);
    if (!is_exactly(file, buffered_reader) && !is_exactly(file, buffered_random)) return NULL;
    PyObject *raw = PyObject_GetAttrString(file, "raw");
    PyErr_Clear();
    if (raw && !is_exactly(raw, file_io)) Py_CLEAR(raw);
    return raw;
}

static bool position(PyObject *file, off_t *offset) {
    PyObject *number = PyObject_CallMethod(file, "tell", NULL);
    long long at = number ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
    PyErr_Clear();
    *offset = (off_t)at;
    return at >= 0;
}

bool file_wrapper_sendable(PyObject *object, int *fd, off_t *offset, size_t *len) {
    if (Py_TYPE(object) != type) return false;
    PyObject *file = ((struct file_wrapper *)object)->file;
    PyObject *raw = raw_file(file);
    if (!raw) return false;
    *fd = PyObject_AsFileDescriptor(raw);
    Py_DECREF(raw);
    PyErr_Clear();

    struct stat status;
    if (*fd < 0 || fstat(*fd, &status) < 0 || !S_ISREG(status.st_mode)) return false;
    if (!position(file, offset)) return false;
    *len = *offset < status.st_size ? (size_t)(status.st_size - *offset) : 0;
    return true;
}

static PyMethodDef methods[] = {
    {"close", file_wrapper_close, METH_NOARGS, "Closes the file."},
    {NULL, NULL, 0, NULL},
};

static bool file_types_find(void) {
    PyObject *io = PyImport_ImportModule("io");
    if (!io) return false;
    bool found = (file_io = PyObject_GetAttrString(io, "FileIO")) &&
                 (buffered_reader = PyObject_GetAttrString(io, "BufferedReader")) &&
                 (buffered_random = PyObject_GetAttrString(io, "BufferedRandom"));
    Py_DECREF(io);
    return found;
}

PyObject *file_wrapper_setup(void) {
    static PyType_Slot slots[] = {
        {Py_tp_new, file_wrapper_new},     {Py_tp_traverse, file_wrapper_traverse},
        {Py_tp_clear, file_wrapper_clear}, {Py_tp_dealloc, file_wrapper_dealloc},
        {Py_tp_iter, PyObject_SelfIter},   {Py_tp_iternext, file_wrapper_next},
        {Py_tp_methods, methods},          {0, NULL}};
    static PyType_Spec spec = {"_greenroom.FileWrapper", sizeof(struct file_wrapper), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    if (!file_types_find()) return NULL;
    return (PyObject *)(type = (PyTypeObject *)PyType_FromSpec(&spec));
}
