/* Answers requests with a WSGI application. */
#ifndef WSGI_HANDLER_H
#define WSGI_HANDLER_H

#include "host/wsgi/python.h"

#include "greenroom/app.h"

/* All are owned by whoever serves. */
struct handler {
    PyObject *app;
    PyObject *report; /* report(error, what) logs what the application raised, and in what */
    PyObject *leave;  /* leave(error or None) ends a child that the application forked */
    PyObject *adopt;  /* adopt() is called first of all on each thread that answers requests */
};

/* A gr_handler; data is a struct handler. */
void handler_run(gr_request *request, void *data);

/* Logs the current exception as one of what, "a signal handler", and clears it. With the GIL. */
void handler_report(const struct handler *handler, const char *what);

/* Once. Returns 0, or -1 with an exception. */
int handler_setup(void);

#endif
