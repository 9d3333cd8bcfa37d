#include "host/wsgi/stack.h"

#include <string.h>

enum { TEXT = 8192 }; /* bytes of one stack */

/* Appends "file:line function" of a frame. Returns the frame that called it, or NULL; errors end
 * the text. */
static PyObject *put_frame(PyObject *frame, const char *separator, char **at, char *end) {
    PyObject *code = PyObject_GetAttrString(frame, "f_code");
    PyObject *file = code ? PyObject_GetAttrString(code, "co_filename") : NULL;
    PyObject *name = code ? PyObject_GetAttrString(code, "co_qualname") : NULL;
    PyObject *line = PyObject_GetAttrString(frame, "f_lineno");
    PyObject *text = file && name && line
                         ? PyUnicode_FromFormat("%s%U:%S %U", separator, file, line, name)
                         : NULL;
    PyObject *bytes = text ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    PyObject *back = NULL;
    size_t len = bytes ? (size_t)PyBytes_Size(bytes) : 0;
    if (len && len < (size_t)(end - *at)) {
        memcpy(*at, PyBytes_AsString(bytes), len + 1);
        *at += len;
        back = PyObject_GetAttrString(frame, "f_back");
    }
    PyObject *owned[] = {code, file, name, line, text, bytes};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) Py_XDECREF(owned[i]);
    return back;
}

static void stack_text(PyObject *frames, uintptr_t thread, char *text, size_t room) {
    char *at = text;
    *text = '\0';
    PyObject *ident = PyLong_FromUnsignedLong(thread);
    PyObject *frame = frames && ident ? PyDict_GetItemWithError(frames, ident) : NULL;
    Py_XINCREF(frame);
    while (frame && !Py_IsNone(frame)) {
        PyObject *back = put_frame(frame, at == text ? "" : "\n", &at, text + room);
        Py_DECREF(frame);
        frame = back;
    }
    Py_XDECREF(frame);
    Py_XDECREF(ident);
    PyErr_Clear();
}

void stacks_tell(const uintptr_t *threads, size_t count,
                 void (*tell)(void *to, size_t which, const char *text), void *to) {
    char text[TEXT];
    PyObject *frames = PyObject_CallFunction(PySys_GetObject("_current_frames"), NULL);
    PyErr_Clear();
    for (size_t i = 0; i < count; i++) {
        stack_text(frames, threads[i], text, sizeof text);
        if (*text) tell(to, i, text);
    }
    Py_XDECREF(frames);
}
