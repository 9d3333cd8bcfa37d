#include "host/wsgi/route.h"

#include "greenroom/worker.h"

PyObject *route_wanted(PyObject *module, PyObject *unused) {
    return PyBool_FromLong(gr_worker_wants_routes());
}

PyObject *route_note(PyObject *module, PyObject *args) {
    gr_route_notes notes;
    if (!PyArg_ParseTuple(args, "sssssss:note_route", &notes.route, &notes.methods,
                          &notes.parameters, &notes.example, &notes.defined, &notes.doc,
                          &notes.host))
        return NULL;
    gr_worker_note_route(&notes);
    return Py_NewRef(Py_None);
}
