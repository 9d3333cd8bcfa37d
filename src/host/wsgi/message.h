/* Messages to mules, for python/greenroom/mules.py. Times are those of greenroom/mule.h. */
#ifndef WSGI_MESSAGE_H
#define WSGI_MESSAGE_H

#include "host/wsgi/python.h"

/* (): the functions of the mules. */
PyObject *message_names(PyObject *module, PyObject *unused);

/* (number, payload, due); a number of -1 is for all. */
PyObject *message_send(PyObject *module, PyObject *args);

/* The same to one; returns the reply. */
PyObject *message_call(PyObject *module, PyObject *args);

/* (due): (payload, a handle to reply by), or None once there is to be no other. */
PyObject *message_receive(PyObject *module, PyObject *due);

/* (handle, payload): whether somebody waited for it. */
PyObject *message_reply(PyObject *module, PyObject *args);

#endif
