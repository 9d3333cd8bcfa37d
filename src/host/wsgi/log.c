#include "host/wsgi/log.h"

#include "greenroom/log.h"
#include "greenroom/worker.h"

enum { TEXTS = 5 };

/* s; ns until then fit. A record of no such time is of now. */
#define TIME_MAX 9.2e9

/* UTF-8 that lives as long as text, or as *encoded, which is made for what is no Unicode: lone
 * surrogates. Returns 0, or -1 with an exception. */
static int text_utf8(PyObject *text, gr_slice *out, PyObject **encoded) {
    Py_ssize_t len;
    if (Py_IsNone(text)) return 0;
    if ((out->data = PyUnicode_AsUTF8AndSize(text, &len))) {
        out->len = (size_t)len;
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
    PyErr_Clear();
    *encoded = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!*encoded) return -1;
    *out = (gr_slice){PyBytes_AsString(*encoded), (size_t)PyBytes_Size(*encoded)};
    return 0;
}

PyObject *log_add(PyObject *module, PyObject *args) {
    gr_log_record record = {0};
    PyObject *texts[TEXTS], *encoded[TEXTS] = {NULL};
    gr_slice *places[TEXTS] = {&record.level_name, &record.logger, &record.message,
                               &record.exception, &record.members};
    double created;
    if (!PyArg_ParseTuple(args, "iOOOOOd:log", &record.level, &texts[0], &texts[1], &texts[2],
                          &texts[3], &texts[4], &created))
        return NULL;
    if (created > 0 && created < TIME_MAX) record.time = (int64_t)(created * 1e9);
    int result = 0;
    for (int i = 0; i < TEXTS && result == 0; i++)
        result = text_utf8(texts[i], places[i], &encoded[i]);
    if (result == 0) gr_log_put(&record);
    for (int i = 0; i < TEXTS; i++) Py_XDECREF(encoded[i]);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *log_would_drop(PyObject *module, PyObject *level) {
    long number = PyLong_AsLong(level);
    if (number == -1 && PyErr_Occurred()) return NULL;
    return PyBool_FromLong(gr_log_would_drop((int)number));
}

PyObject *log_is_json(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(gr_log_is_json());
}

PyObject *log_settings(PyObject *module, PyObject *unused) {
    PyObject *level = PyUnicode_DecodeFSDefault(gr_worker_log_level());
    PyObject *capture = PyBool_FromLong(gr_worker_log_capture());
    PyObject *both = level ? PyTuple_Pack(2, level, capture) : NULL;
    Py_XDECREF(level);
    Py_DECREF(capture);
    return both;
}

PyObject *log_refusal(PyObject *module, PyObject *text) {
    gr_slice said = {0};
    PyObject *encoded = NULL;
    if (text_utf8(text, &said, &encoded) < 0) return NULL;
    gr_log_refusal(said);
    Py_XDECREF(encoded);
    return Py_NewRef(Py_None);
}

static PyObject *levels_changed;

PyObject *log_levels_with(PyObject *module, PyObject *callable) {
    levels_changed = Py_NewRef(callable);
    return Py_NewRef(Py_None);
}

void log_levels_follow(void) {
    const char *list = gr_log_levels();
    if (!list || !levels_changed) return;
    PyObject *done = PyObject_CallFunction(levels_changed, "s", list);
    if (!done) PyErr_WriteUnraisable(levels_changed);
    Py_XDECREF(done);
}
