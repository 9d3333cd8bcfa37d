/* wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling"). */
#ifndef WSGI_FILE_WRAPPER_H
#define WSGI_FILE_WRAPPER_H

#include "host/wsgi/exchange.h"

/* Makes the type. Borrowed; NULL with an exception. */
PyObject *file_wrapper_setup(void);

/* Is it a file wrapper, whose file the kernel can send? That is a regular file behind a FileIO, or
 * behind a binary buffer over one; anything else that has a fileno(), such as a GzipFile or a
 * subclass with a read() of its own, may mean other bytes than its descriptor. Stores the
 * descriptor, and what is left from the position of the file to its end. Returns false without an
 * exception; the wrapper is then to be iterated. */
bool file_wrapper_sendable(PyObject *object, int *fd, off_t *offset, size_t *len);

#endif
