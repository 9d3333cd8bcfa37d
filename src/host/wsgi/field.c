#include "host/wsgi/field.h"

#include <stdbool.h>

enum { FIELDS_MAX = 256, FIELD_NAME_KEPT_MAX = 47, FIELD_KEY_MAX = 256 };

/* Clients send the same few names, in the same spelling, with mostly the same values. Each name
 * has one place; one that is taken is taken over, so whatever clients send, this cannot grow. */
struct field {
    PyObject *key; /* owned; NULL when hidden from the application */
    struct text value;
    uint8_t len; /* of name; 0 while the place is free */
    char name[FIELD_NAME_KEPT_MAX];
};

static struct field fields[FIELDS_MAX];

/* FNV-1a. */
static unsigned place_of(gr_slice name) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    return (hash ^ hash >> 16) % FIELDS_MAX;
}

static bool hidden(gr_slice name) {
    return memchr(name.data, '_', name.len) || gr_slice_equal_nocase(name, gr_slice_of("Proxy"));
}

static char key_char(char c) {
    if (c >= 'a' && c <= 'z') return (char)(c - 'a' + 'A');
    return c == '-' ? '_' : c;
}

/* CGI gives two fields a key without the prefix (RFC 3875, 4.1.2 and 4.1.3). */
static bool without_prefix(gr_slice name) {
    return gr_slice_equal_nocase(name, gr_slice_of("Content-Type")) ||
           gr_slice_equal_nocase(name, gr_slice_of("Content-Length"));
}

static PyObject *key_new(gr_slice name) {
    static const char prefix[] = "HTTP_";
    size_t prefix_len = without_prefix(name) ? 0 : sizeof(prefix) - 1;
    char small[FIELD_KEY_MAX];
    size_t len = prefix_len + name.len;
    char *key = len <= sizeof(small) ? small : PyMem_Malloc(len);
    if (!key) return PyErr_NoMemory();
    memcpy(key, prefix, prefix_len);
    for (size_t i = 0; i < name.len; i++) key[prefix_len + i] = key_char(name.data[i]);
    PyObject *str = text_new((gr_slice){key, len});
    if (key != small) PyMem_Free(key);
    return str;
}

static int take_long(gr_slice name, gr_slice value, PyObject **key, PyObject **text) {
    if (hidden(name)) return 0;
    if (!(*key = key_new(name))) return -1;
    if ((*text = text_new(value))) return 0;
    Py_CLEAR(*key);
    return -1;
}

/* Makes the place that of this name. */
static int place_settle(struct field *field, gr_slice name) {
    PyObject *key = NULL;
    if (!hidden(name) && !(key = key_new(name))) return -1;
    PyObject *old = field->key;
    field->key = key;
    field->len = (uint8_t)name.len;
    memcpy(field->name, name.data, name.len);
    Py_XDECREF(old);
    return 0;
}

int field_take(gr_slice name, gr_slice value, PyObject **key, PyObject **text) {
    *key = NULL;
    if (name.len > FIELD_NAME_KEPT_MAX) return take_long(name, value, key, text);

    struct field *field = &fields[place_of(name)];
    bool known = gr_slice_equal((gr_slice){field->name, field->len}, name);
    if (!known && place_settle(field, name) < 0) return -1;
    if (!field->key) return 0;
    if (!(*text = text_get(&field->value, value))) return -1;
    *key = Py_NewRef(field->key);
    return 0;
}
