/* Sends what the application returned (PEP 3333, "Buffering and Streaming"). */
#ifndef WSGI_BODY_H
#define WSGI_BODY_H

#include "host/wsgi/exchange.h"

/* Sends the result as it is produced, each piece before the next is asked for; parks. The length
 * is declared for the application where it can be known beforehand. Does not call close().
 * Returns 0, or -1 with an exception: the application's own, TypeError for a piece that is not
 * bytes, AssertionError when start_response has not been called, or as exchange_write; and -1,
 * with an exception or not, in a child that was forked meanwhile. */
int body_send(struct exchange *exchange, PyObject *result);

#endif
