#include "host/wsgi/text.h"

PyObject *text_new(gr_slice bytes) {
    return PyUnicode_DecodeLatin1(bytes.data, (Py_ssize_t)bytes.len, NULL);
}

PyObject *text_get(struct text *text, gr_slice bytes) {
    if (text->str && gr_slice_equal((gr_slice){text->bytes, text->len}, bytes))
        return Py_NewRef(text->str);

    PyObject *str = text_new(bytes);
    if (!str || bytes.len > TEXT_KEPT_MAX) return str;
    if (bytes.len) memcpy(text->bytes, bytes.data, bytes.len);
    text->len = (uint16_t)bytes.len;
    PyObject *old = text->str;
    text->str = Py_NewRef(str);
    Py_XDECREF(old);
    return str;
}
