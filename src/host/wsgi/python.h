/* CPython's stable ABI as of 3.11: one build serves every later version. Include this before any
 * system header. */
#ifndef WSGI_PYTHON_H
#define WSGI_PYTHON_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#endif
