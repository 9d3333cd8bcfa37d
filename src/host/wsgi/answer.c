#include "host/wsgi/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char answer_name[] = "_greenroom.answer";

struct answer {
    gr_answer *answer; /* NULL once it is closed */
    PyObject *client;  /* which has to last as long */
    bool busy;         /* somebody reads it */
};

/* ---- all at once ---- */

enum { FIRST_ROOM = 4096 };

static bool grow(struct answer_body *body, size_t room) {
    char *grown = realloc(body->data, room);
    if (!grown) {
        body->error = ENOMEM;
        return false;
    }
    body->data = grown;
    return true;
}

/* A length that is announced is believed as far as bytes have come. */
void answer_collect(gr_answer *answer, struct answer_body *body) {
    enum { BELIEVED = 1 << 20 };
    int64_t length = gr_answer_content_length(answer);
    size_t room = length >= 0 && length < BELIEVED ? (size_t)length + 1 : FIRST_ROOM;
    *body = (struct answer_body){NULL, 0, 0};
    for (; grow(body, room); room *= 2) {
        while (body->len < room) {
            ssize_t n = gr_answer_read(answer, body->data + body->len, room - body->len);
            if (n < 0) body->error = errno;
            if (n <= 0) return;
            body->len += (size_t)n;
        }
    }
}

/* ---- failures ---- */

PyObject *answer_failure(gr_failure_kind kind, int error, const char *why) {
    return PyErr_Occurred() ? NULL : Py_BuildValue("iis", (int)kind, error, why);
}

static gr_failure_kind kind_of(int error) {
    return error == EPROTO || error == ENODATA ? GR_FAILURE_PROTOCOL : GR_FAILURE_RECEIVE;
}

PyObject *answer_failed(int error) {
    char why[128];
    const char *reason = error == ENODATA ? "it ends too early" : strerror(error);
    snprintf(why, sizeof why, "the body of the answer cannot be read: %s", reason);
    return answer_failure(kind_of(error), error, why);
}

/* ---- handles ---- */

static void forget_answer(PyObject *capsule) {
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    gr_answer_close(answer->answer);
    Py_DECREF(answer->client);
    free(answer);
}

PyObject *answer_handle(gr_answer *opened, PyObject *client) {
    struct answer *answer = malloc(sizeof *answer);
    PyObject *capsule = answer ? PyCapsule_New(answer, answer_name, forget_answer) : NULL;
    if (!capsule) {
        if (!answer) PyErr_NoMemory();
        free(answer);
        gr_answer_close(opened);
        return NULL;
    }
    *answer = (struct answer){opened, Py_NewRef(client), false};
    return capsule;
}

/* NULL with an exception when nobody may read it now. */
static struct answer *claim(PyObject *capsule) {
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    if (!answer) return NULL;
    if (answer->busy || !answer->answer) {
        PyErr_SetString(PyExc_RuntimeError,
                        answer->busy ? "another thread reads the answer" : "the answer is closed");
        return NULL;
    }
    answer->busy = true;
    return answer;
}

/* Frees the body. */
static PyObject *unclaim(struct answer *answer, struct answer_body *body) {
    answer->busy = false;
    PyObject *result = body->error ? answer_failed(body->error)
                                   : PyBytes_FromStringAndSize(body->data, (Py_ssize_t)body->len);
    free(body->data);
    return result;
}

static void read_some(gr_answer *answer, struct answer_body *body, size_t room) {
    ssize_t n = gr_answer_read(answer, body->data + body->len, room - body->len);
    if (n < 0)
        body->error = errno;
    else
        body->len += (size_t)n;
}

PyObject *client_read(PyObject *module, PyObject *args) {
    PyObject *capsule;
    Py_ssize_t size;
    struct answer_body body = {NULL, 0, 0};
    if (!PyArg_ParseTuple(args, "On:client_read", &capsule, &size)) return NULL;
    struct answer *answer = claim(capsule);
    if (!answer) return NULL;
    PyThreadState *state = PyEval_SaveThread();
    if (grow(&body, (size_t)size)) read_some(answer->answer, &body, (size_t)size);
    PyEval_RestoreThread(state);
    return unclaim(answer, &body);
}

static void read_chunk(gr_answer *answer, struct answer_body *body) {
    for (size_t room = FIRST_ROOM; grow(body, room); room *= 2)
        while (body->len < room) {
            read_some(answer, body, room);
            if (body->error || !gr_answer_in_chunk(answer)) return;
        }
}

PyObject *client_read_chunk(PyObject *module, PyObject *capsule) {
    struct answer_body body = {NULL, 0, 0};
    struct answer *answer = claim(capsule);
    if (!answer) return NULL;
    PyThreadState *state = PyEval_SaveThread();
    read_chunk(answer->answer, &body);
    PyEval_RestoreThread(state);
    return unclaim(answer, &body);
}

PyObject *client_close(PyObject *module, PyObject *capsule) {
    struct answer *answer = PyCapsule_GetPointer(capsule, answer_name);
    if (!answer) return NULL;
    if (!answer->busy) {
        gr_answer_close(answer->answer);
        answer->answer = NULL;
    }
    return Py_NewRef(Py_None);
}
