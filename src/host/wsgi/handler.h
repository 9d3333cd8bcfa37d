/* Answers requests with a WSGI application. */
#ifndef WSGI_HANDLER_H
#define WSGI_HANDLER_H

#include "host/wsgi/python.h"

#include "greenroom/app.h"

/* All are owned by whoever serves. */
struct handler {
    PyObject *app;
    PyObject *report; /* report(error, method, target) logs what the application raised */
    PyObject *leave;  /* leave(error or None) ends a child that the application forked */
};

/* A gr_handler; data is a struct handler. */
void handler_run(gr_request *request, void *data);

/* Once. Returns 0, or -1 with an exception. */
int handler_setup(void);

#endif
