#include "host/wsgi/metric.h"

#include <errno.h>

#include "greenroom/green.h"
#include "greenroom/metrics.h"

enum { LABELS_MAX = 8, KEPT_MAX = 512, KINDS = GR_TIMER + 1 };

struct metric {
    PyObject_HEAD gr_metric *metric;
};

/* One block that is timed. */
struct timing {
    PyObject_HEAD gr_metric *metric;
    int64_t begun;
};

static PyTypeObject *types[KINDS], *timing_type;
static PyObject *kept[KINDS]; /* those without labels, by their names */

/* ---- finding ---- */

static const char *text_of(PyObject *object, const char *what) {
    if (PyUnicode_Check(object)) return PyUnicode_AsUTF8AndSize(object, NULL);
    PyErr_Format(PyExc_TypeError, "%s must be str, not %R", what, object);
    return NULL;
}

static PyObject *refuse(PyObject *name, int error) {
    if (error == EEXIST)
        return PyErr_Format(PyExc_ValueError, "%R is a metric of another kind already", name);
    return PyErr_Format(PyExc_ValueError,
                        "%R, or one of its labels, is no name for a metric: letters, digits and _",
                        name);
}

static PyObject *make(gr_metric_kind kind, gr_metric *metric) {
    PyObject *self = PyType_GenericAlloc(types[kind], 0);
    if (self) ((struct metric *)self)->metric = metric;
    return self;
}

/* Values that are no str are what str() makes of them. texts keeps them for the caller, who owes
 * each a Py_XDECREF. */
static int take_labels(PyObject *const *values, PyObject *keywords, gr_label *labels,
                       PyObject **texts, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i);
        texts[i] = PyObject_Str(values[i]);
        if (!texts[i] || !(labels[i].name = PyUnicode_AsUTF8AndSize(name, NULL)) ||
            !(labels[i].value = PyUnicode_AsUTF8AndSize(texts[i], NULL)))
            return -1;
    }
    return 0;
}

static PyObject *find(gr_metric_kind kind, PyObject *const *args, Py_ssize_t count,
                      PyObject *keywords) {
    gr_label labels[LABELS_MAX];
    PyObject *texts[LABELS_MAX] = {NULL}, *result = NULL;
    Py_ssize_t label_count = keywords ? PyTuple_Size(keywords) : 0;
    if (count < 1 || count > 2 || label_count > LABELS_MAX)
        return PyErr_Format(PyExc_TypeError,
                            "a metric takes its name, a help text, and up to %d labels",
                            LABELS_MAX);
    const char *name = text_of(args[0], "the name of a metric");
    const char *help = count == 2 && name ? text_of(args[1], "the help text of a metric") : "";
    if (!name || !help) return NULL;
    if (take_labels(args + count, keywords, labels, texts, label_count) == 0) {
        gr_metric *metric = gr_metric_find(kind, name, help, labels, (size_t)label_count);
        result = metric ? make(kind, metric) : refuse(args[0], errno);
    }
    for (Py_ssize_t i = 0; i < label_count; i++) Py_XDECREF(texts[i]);
    return result;
}

/* The one that was found before under that name alone, or a new one. */
static PyObject *get(gr_metric_kind kind, PyObject *const *args, Py_ssize_t count,
                     PyObject *keywords) {
    bool plain = count >= 1 && !keywords;
    PyObject *known = plain ? PyDict_GetItemWithError(kept[kind], args[0]) : NULL;
    if (known) return Py_NewRef(known);
    if (PyErr_Occurred()) return NULL;
    PyObject *found = find(kind, args, count, keywords);
    if (found && plain && PyDict_Size(kept[kind]) < KEPT_MAX &&
        PyDict_SetItem(kept[kind], args[0], found) < 0)
        Py_CLEAR(found);
    return found;
}

#define FINDER(name, kind)                                                    \
    PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t count, \
                   PyObject *keywords) {                                      \
        return get(kind, args, count, keywords);                              \
    }

FINDER(metric_counter, GR_COUNTER)
FINDER(metric_gauge, GR_GAUGE)
FINDER(metric_meter, GR_METER)
FINDER(metric_histogram, GR_HISTOGRAM)
FINDER(metric_timer, GR_TIMER)

/* ---- recording ---- */

static gr_metric *metric_of(PyObject *self) { return ((struct metric *)self)->metric; }

/* The one argument, or 1 where there may be none. Returns false with an exception. */
static bool take_number(PyObject *const *args, Py_ssize_t count, double *number) {
    *number = 1;
    if (count == 0) return true;
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "one number is expected");
        return false;
    }
    *number = PyFloat_AsDouble(args[0]);
    return *number != -1 || !PyErr_Occurred();
}

/* Counters do not go down. */
static PyObject *grow(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    double number;
    if (!take_number(args, count, &number)) return NULL;
    if (!(number >= 0))
        return PyErr_Format(PyExc_ValueError, "a counter only grows, not by %R", args[0]);
    gr_metric_add(metric_of(self), number);
    return Py_NewRef(Py_None);
}

static PyObject *rise(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    double number;
    if (!take_number(args, count, &number)) return NULL;
    gr_metric_add(metric_of(self), number);
    return Py_NewRef(Py_None);
}

static PyObject *fall(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    double number;
    if (!take_number(args, count, &number)) return NULL;
    gr_metric_add(metric_of(self), -number);
    return Py_NewRef(Py_None);
}

static PyObject *set(PyObject *self, PyObject *value) {
    double number;
    if (!take_number(&value, 1, &number)) return NULL;
    gr_metric_set(metric_of(self), number);
    return Py_NewRef(Py_None);
}

static PyObject *record(PyObject *self, PyObject *value) {
    double number;
    if (!take_number(&value, 1, &number)) return NULL;
    if (!(number >= 0))
        return PyErr_Format(PyExc_ValueError, "%R is negative, or no number", value);
    gr_metric_record(metric_of(self), number);
    return Py_NewRef(Py_None);
}

/* ---- timing ---- */

static PyObject *timing_new(gr_metric *metric) {
    PyObject *self = PyType_GenericAlloc(timing_type, 0);
    if (self) ((struct timing *)self)->metric = metric;
    return self;
}

static PyObject *begin(PyObject *self, PyObject *unused) {
    ((struct timing *)self)->begun = gr_now();
    return Py_NewRef(self);
}

static PyObject *end(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    const struct timing *timing = (struct timing *)self;
    gr_metric_record(timing->metric, (double)(gr_now() - timing->begun) / 1e9);
    return Py_NewRef(Py_None);
}

static PyObject *timer_time(PyObject *self, PyObject *unused) {
    return timing_new(metric_of(self));
}

PyObject *metric_timing(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords) {
    PyObject *timer = get(GR_TIMER, args, count, keywords);
    PyObject *timing = timer ? timing_new(metric_of(timer)) : NULL;
    Py_XDECREF(timer);
    return timing;
}

/* ---- types ---- */

#define METHOD(name, function, flags, doc) \
    { name, (PyCFunction)(void (*)(void))(function), flags, doc }

static PyMethodDef counter_methods[] = {
    METHOD("inc", grow, METH_FASTCALL, "Adds 1, or that much."),
    {NULL, NULL, 0, NULL},
};
static PyMethodDef meter_methods[] = {
    METHOD("mark", grow, METH_FASTCALL, "It has happened once, or so many times."),
    {NULL, NULL, 0, NULL},
};
static PyMethodDef gauge_methods[] = {
    METHOD("set", set, METH_O, "It is that much now."),
    METHOD("inc", rise, METH_FASTCALL, "Adds 1, or that much."),
    METHOD("dec", fall, METH_FASTCALL, "Takes 1 away, or that much."),
    {NULL, NULL, 0, NULL},
};
static PyMethodDef histogram_methods[] = {
    METHOD("record", record, METH_O, "One more value."),
    {NULL, NULL, 0, NULL},
};
static PyMethodDef timer_methods[] = {
    METHOD("record", record, METH_O, "It took so many seconds."),
    METHOD("time", timer_time, METH_NOARGS, "Times a block: with timer.time(): ..."),
    {NULL, NULL, 0, NULL},
};
static PyMethodDef timing_methods[] = {
    METHOD("__enter__", begin, METH_NOARGS, NULL),
    METHOD("__exit__", end, METH_FASTCALL, NULL),
    {NULL, NULL, 0, NULL},
};

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyTypeObject *make_type(PyObject *module, const char *name, int size, PyMethodDef *methods) {
    PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_dealloc, dealloc}, {0, NULL}};
    PyType_Spec spec = {name, size, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        slots};
    PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (type && PyModule_AddType(module, type) < 0) Py_CLEAR(type);
    return type;
}

int metric_setup(PyObject *module) {
    static const struct {
        const char *name;
        PyMethodDef *methods;
    } kinds[KINDS] = {
        [GR_COUNTER] = {"_greenroom.Counter", counter_methods},
        [GR_GAUGE] = {"_greenroom.Gauge", gauge_methods},
        [GR_METER] = {"_greenroom.Meter", meter_methods},
        [GR_HISTOGRAM] = {"_greenroom.Histogram", histogram_methods},
        [GR_TIMER] = {"_greenroom.Timer", timer_methods},
    };
    for (int kind = GR_COUNTER; kind < KINDS; kind++) {
        types[kind] =
            make_type(module, kinds[kind].name, sizeof(struct metric), kinds[kind].methods);
        if (!types[kind] || !(kept[kind] = PyDict_New())) return -1;
    }
    timing_type = make_type(module, "_greenroom.Timing", sizeof(struct timing), timing_methods);
    return timing_type ? 0 : -1;
}
