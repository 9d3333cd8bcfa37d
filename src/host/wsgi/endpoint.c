#include "host/wsgi/endpoint.h"

#include <stdlib.h>

enum { FRAMES_MAX = 8, ROUTE_MAX = 256 };

static PyObject *werkzeug_key, *url_rule_name, *rule_name;
static PyObject *locals_name, *globals_name, *back_name, *name_key, *request_key;
static PyObject *resolver_match_name, *route_name, *django_handler, *script_name;
static PyObject *mounts; /* a tuple; NULL: none */

/* ---- Flask ---- */

/* A new reference to object.a.b; NULL, without an exception, where there is none. */
static PyObject *look_along(PyObject *object, PyObject *a, PyObject *b) {
    PyObject *inner = PyObject_GetAttr(object, a);
    PyObject *found = inner ? PyObject_GetAttr(inner, b) : NULL;
    Py_XDECREF(inner);
    if (!found) PyErr_Clear();
    return found;
}

/* Werkzeug puts its request there, and Flask takes it away before it returns. */
static PyObject *flask_rule(PyObject *environ) {
    PyObject *request = PyDict_GetItemWithError(environ, werkzeug_key);
    return request && request != Py_None ? look_along(request, url_rule_name, rule_name) : NULL;
}

/* ---- Django ---- */

static bool is_handler(PyObject *frame) {
    PyObject *globals = PyObject_GetAttr(frame, globals_name);
    PyObject *name = globals ? PyObject_GetItem(globals, name_key) : NULL;
    int same = name ? PyObject_RichCompareBool(name, django_handler, Py_EQ) : 0;
    Py_XDECREF(name);
    Py_XDECREF(globals);
    PyErr_Clear();
    return same == 1;
}

/* Steals frame. */
static PyObject *caller_of(PyObject *frame) {
    PyObject *back = PyObject_GetAttr(frame, back_name);
    Py_DECREF(frame);
    if (!back) PyErr_Clear();
    if (back != Py_None) return back;
    Py_DECREF(back);
    return NULL;
}

static PyObject *request_of(PyObject *frame) {
    PyObject *locals = PyObject_GetAttr(frame, locals_name);
    PyObject *request = locals ? PyObject_GetItem(locals, request_key) : NULL;
    Py_XDECREF(locals);
    if (!request) PyErr_Clear();
    return request;
}

/* Its handler calls start_response with the request as a local variable, and keeps it nowhere else;
 * middleware may stand between. */
static PyObject *django_route(void) {
    PyObject *frame = Py_XNewRef((PyObject *)PyEval_GetFrame());
    for (int i = 0; frame && i < FRAMES_MAX && !is_handler(frame); i++) frame = caller_of(frame);
    PyObject *request = frame && is_handler(frame) ? request_of(frame) : NULL;
    PyObject *route = request ? look_along(request, resolver_match_name, route_name) : NULL;
    Py_XDECREF(request);
    Py_XDECREF(frame);
    return route;
}

static bool has_django(void) {
    PyObject *module = PyImport_GetModule(django_handler);
    Py_XDECREF(module);
    PyErr_Clear();
    return module;
}

/* ---- */

/* "" for none. The text is the interpreter's, and kept. */
static gr_slice text_of(PyObject *object) {
    Py_ssize_t len = 0;
    const char *text = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, &len) : NULL;
    PyErr_Clear();
    return (gr_slice){text ? text : "", text ? (size_t)len : 0};
}

static gr_slice mount_of(PyObject *environ) {
    PyObject *name = mounts ? PyDict_GetItemWithError(environ, script_name) : NULL;
    for (Py_ssize_t i = 0; name && i < PyTuple_Size(mounts); i++) {
        PyObject *mount = PyTuple_GetItem(mounts, i);
        if (PyUnicode_Tailmatch(name, mount, 0, PY_SSIZE_T_MAX, 1) == 1) return text_of(mount);
    }
    PyErr_Clear();
    return (gr_slice){"", 0};
}

/* What does not fit is left out. */
static void put(char text[ROUTE_MAX], size_t *used, gr_slice piece) {
    size_t room = ROUTE_MAX - *used, len = piece.len < room ? piece.len : room;
    memcpy(text + *used, piece.data, len);
    *used += len;
}

/* Django's has no slash in front, and one by regular expressions begins with a caret. */
static void tell(const struct exchange *exchange, PyObject *route) {
    char text[ROUTE_MAX];
    size_t used = 0;
    gr_slice found = text_of(route);
    if (!found.len && !PyUnicode_Check(route)) return;
    put(text, &used, mount_of(exchange->environ));
    if (found.len && *found.data == '^') found.data++, found.len--;
    if (!found.len || *found.data != '/') put(text, &used, gr_slice_of("/"));
    put(text, &used, found);
    gr_request_set_endpoint(exchange->request, (gr_slice){text, used});
}

void endpoint_tell(const struct exchange *exchange) {
    PyObject *kind, *error, *traceback;
    if (!gr_request_wants_endpoint(exchange->request)) return;
    PyErr_Fetch(&kind, &error, &traceback);
    PyObject *route = flask_rule(exchange->environ);
    if (!route && django_handler) route = django_route();
    if (route) tell(exchange, route);
    Py_XDECREF(route);
    PyErr_Restore(kind, error, traceback);
}

PyObject *endpoint_note_mounts(PyObject *module, PyObject *prefixes) {
    if (!PyTuple_Check(prefixes)) {
        PyErr_SetString(PyExc_TypeError, "the prefixes are a tuple");
        return NULL;
    }
    Py_XDECREF(mounts);
    mounts = PyTuple_Size(prefixes) ? Py_NewRef(prefixes) : NULL;
    return Py_NewRef(Py_None);
}

int endpoint_setup(void) {
    const struct {
        PyObject **place;
        const char *text;
    } names[] = {
        {&werkzeug_key, "werkzeug.request"},
        {&url_rule_name, "url_rule"},
        {&rule_name, "rule"},
        {&locals_name, "f_locals"},
        {&globals_name, "f_globals"},
        {&back_name, "f_back"},
        {&name_key, "__name__"},
        {&request_key, "request"},
        {&resolver_match_name, "resolver_match"},
        {&route_name, "route"},
        {&django_handler, "django.core.handlers.wsgi"},
        {&script_name, "SCRIPT_NAME"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!(*names[i].place = PyUnicode_InternFromString(names[i].text))) return -1;
    if (!has_django()) Py_CLEAR(django_handler);
    return 0;
}
