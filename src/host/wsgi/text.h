/* A str that is made again only when its bytes change: for values that are nearly always those of
 * the request before, such as Host. With the GIL held. */
#ifndef WSGI_TEXT_H
#define WSGI_TEXT_H

#include "host/wsgi/python.h"

#include "greenroom/base.h"

enum { TEXT_KEPT_MAX = 126 };

/* All zero is empty. */
struct text {
    PyObject *str; /* owned; NULL while empty */
    uint16_t len;
    char bytes[TEXT_KEPT_MAX];
};

/* The bytes as a str in the way of PEP 3333: each byte is the code point of its value. New
 * reference, NULL with MemoryError. Longer ones than TEXT_KEPT_MAX are made each time. */
PyObject *text_get(struct text *text, gr_slice bytes);

/* The same without a memory. */
PyObject *text_new(gr_slice bytes);

#endif
