#include "host/wsgi/account.h"

#include "greenroom/account.h"

static PyObject *downstream_tuple(const gr_account_downstream *use) {
    return Py_BuildValue("ssLKKKK", use->name, use->protocol, (long long)use->waited,
                         (unsigned long long)use->round_trips, (unsigned long long)use->connections,
                         (unsigned long long)use->sent, (unsigned long long)use->received);
}

static PyObject *downstream_list(const gr_account *account) {
    PyObject *list = PyList_New((Py_ssize_t)account->downstream_count);
    for (size_t i = 0; list && i < account->downstream_count; i++) {
        PyObject *item = downstream_tuple(&account->downstreams[i]);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, (Py_ssize_t)i, item);
    }
    return list;
}

PyObject *account_take(PyObject *module, PyObject *unused) {
    gr_request *request = gr_request_current();
    if (!request) return Py_NewRef(Py_None);
    gr_account a;
    gr_request_account(request, &a);
    PyObject *downstreams = downstream_list(&a);
    if (!downstreams) return NULL;
    return Py_BuildValue("LLLLLLLLLLLKN", (long long)a.total, (long long)a.running,
                         (long long)a.queued, (long long)a.interpreter, (long long)a.lock,
                         (long long)a.sleep, (long long)a.downstream, (long long)a.client,
                         (long long)a.lookup, (long long)a.os_thread, (long long)a.other,
                         (unsigned long long)a.lookups, downstreams);
}
