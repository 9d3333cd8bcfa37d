#include "host/wsgi/environ.h"

#include "greenroom/worker.h"
#include "host/wsgi/field.h"

/* The keys set anew in each request. They stand in the template as well, so that setting them
 * never makes the dict grow. */
enum {
    KEY_METHOD,
    KEY_PATH,
    KEY_QUERY,
    KEY_URI,
    KEY_SCRIPT_NAME,
    KEY_PROTOCOL,
    KEY_SERVER_NAME,
    KEY_SERVER_PORT,
    KEY_REMOTE_ADDR,
    KEY_REMOTE_PORT,
    KEY_SCHEME,
    KEY_ID,
    KEY_INPUT,
    KEYS_MAX
};

static const char *const key_names[KEYS_MAX] = {
    [KEY_METHOD] = "REQUEST_METHOD",   [KEY_PATH] = "PATH_INFO",
    [KEY_QUERY] = "QUERY_STRING",      [KEY_URI] = "REQUEST_URI",
    [KEY_SCRIPT_NAME] = "SCRIPT_NAME", [KEY_PROTOCOL] = "SERVER_PROTOCOL",
    [KEY_SERVER_NAME] = "SERVER_NAME", [KEY_SERVER_PORT] = "SERVER_PORT",
    [KEY_REMOTE_ADDR] = "REMOTE_ADDR", [KEY_REMOTE_PORT] = "REMOTE_PORT",
    [KEY_SCHEME] = "wsgi.url_scheme",  [KEY_ID] = "greenroom.request_id",
    [KEY_INPUT] = "wsgi.input",
};

static PyObject *keys[KEYS_MAX];
static PyObject *host_key; /* HTTP_HOST */
static PyObject *template;
static PyObject *protocols[2]; /* by minor version */

/* The methods in use differ in their first letter's low bits, or share a place. */
enum { METHODS_MAX = 8 };
static struct text methods[METHODS_MAX];
static struct text remote_addr, server_name, scheme, script_name, host_name;

/* Steals value. */
static int template_set(const char *key, PyObject *value) {
    if (!value) return -1;
    int result = PyDict_SetItemString(template, key, value);
    Py_DECREF(value);
    return result;
}

static int template_fill(PyObject *file_wrapper, PyObject *empty_input) {
    for (int i = 0; i < KEYS_MAX; i++) {
        if (!(keys[i] = PyUnicode_InternFromString(key_names[i]))) return -1;
        if (PyDict_SetItem(template, keys[i], empty_input) < 0) return -1;
    }
    PyObject *stderr_stream = PySys_GetObject("stderr");
    if (template_set("SCRIPT_NAME", PyUnicode_FromString("")) < 0 ||
        template_set("SERVER_SOFTWARE", PyUnicode_FromString("greenroom/" GREENROOM_VERSION)) < 0 ||
        template_set("wsgi.version", Py_BuildValue("(ii)", 1, 0)) < 0 ||
        template_set("wsgi.errors", Py_NewRef(stderr_stream ? stderr_stream : Py_None)) < 0 ||
        template_set("wsgi.multithread", PyBool_FromLong(gr_worker_threads() != 1)) < 0 ||
        template_set("wsgi.multiprocess", PyBool_FromLong(gr_worker_count() > 1)) < 0 ||
        template_set("wsgi.run_once", Py_NewRef(Py_False)) < 0 ||
        template_set("wsgi.input_terminated", Py_NewRef(Py_True)) < 0 ||
        template_set("wsgi.file_wrapper", Py_NewRef(file_wrapper)) < 0)
        return -1;
    return 0;
}

/* A copy of a dict has the room of the original: growing the template for a moment saves each
 * request from growing its environ for its header fields. */
static int template_widen(void) {
    for (int i = 0; i < 3; i++) {
        PyObject *key = PyUnicode_FromFormat("room %d", i);
        if (!key) return -1;
        int result = PyDict_SetItem(template, key, Py_None);
        if (result == 0) result = PyDict_DelItem(template, key);
        Py_DECREF(key);
        if (result < 0) return -1;
    }
    return 0;
}

int environ_setup(PyObject *file_wrapper, PyObject *empty_input) {
    if (!(protocols[0] = PyUnicode_InternFromString("HTTP/1.0")) ||
        !(protocols[1] = PyUnicode_InternFromString("HTTP/1.1")) ||
        !(host_key = PyUnicode_InternFromString("HTTP_HOST")) || !(template = PyDict_New()))
        return -1;
    if (template_fill(file_wrapper, empty_input) < 0) return -1;
    return template_widen();
}

static PyObject *number_text(int number) {
    char digits[12];
    char *start = digits + sizeof(digits);
    do *--start = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return text_new((gr_slice){start, (size_t)(digits + sizeof(digits) - start)});
}

/* Steals value. */
static int set_item(PyObject *environ, PyObject *key, PyObject *value) {
    if (!value) return -1;
    int result = PyDict_SetItem(environ, key, value);
    Py_DECREF(value);
    return result;
}

/* Steals value. */
static int set(PyObject *environ, int key, PyObject *value) {
    return set_item(environ, keys[key], value);
}

static int set_request_line(PyObject *environ, const gr_request *request) {
    gr_slice method = gr_request_method(request);
    gr_slice target = gr_request_target(request);
    gr_slice path = gr_request_path(request);
    struct text *known = &methods[(unsigned char)method.data[0] % METHODS_MAX];
    PyObject *path_text = text_new(path);
    if (!path_text) return -1;
    PyObject *uri = gr_slice_equal(path, target) ? Py_NewRef(path_text) : text_new(target);
    if (set(environ, KEY_PATH, path_text) < 0) {
        Py_XDECREF(uri);
        return -1;
    }
    if (set(environ, KEY_URI, uri) < 0 || set(environ, KEY_METHOD, text_get(known, method)) < 0 ||
        set(environ, KEY_QUERY, text_new(gr_request_query(request))) < 0)
        return -1;
    if (set(environ, KEY_ID, text_new(gr_request_id(request))) < 0) return -1;
    gr_slice prefix = gr_request_prefix(request);
    if (prefix.len && set(environ, KEY_SCRIPT_NAME, text_get(&script_name, prefix)) < 0) return -1;
    PyObject *protocol = protocols[gr_request_version_minor(request) != 0];
    return PyDict_SetItem(environ, keys[KEY_PROTOCOL], protocol);
}

/* SERVER_NAME and SERVER_PORT must never be empty; a unix socket has neither, so the defaults of
 * HTTP stand in. */
static int set_addresses(PyObject *environ, const gr_request *request) {
    int port = gr_request_server_port(request);
    gr_slice name = port ? gr_request_server(request) : gr_slice_of("localhost");
    if (set(environ, KEY_SERVER_NAME, text_get(&server_name, name)) < 0 ||
        set(environ, KEY_SERVER_PORT, number_text(port ? port : 80)) < 0 ||
        set(environ, KEY_REMOTE_ADDR, text_get(&remote_addr, gr_request_peer(request))) < 0 ||
        set(environ, KEY_SCHEME, text_get(&scheme, gr_request_scheme(request))) < 0)
        return -1;
    return set(environ, KEY_REMOTE_PORT, number_text(gr_request_peer_port(request)));
}

/* A trusted proxy may know better than the field. */
static int set_host(PyObject *environ, const gr_request *request) {
    gr_slice sent, host = gr_request_host(request);
    gr_request_header(request, "Host", &sent);
    if (gr_slice_equal(sent, host)) return 0;
    return set_item(environ, host_key, text_get(&host_name, host));
}

/* As nginx and mod_ssl name them. Fields of a request have other keys. */
static int set_client_certificate(PyObject *environ, const gr_request *request) {
    if (!gr_slice_equal(gr_request_scheme(request), gr_slice_of("https"))) return 0;
    gr_slice subject = gr_request_client_subject(request);
    PyObject *verified = PyUnicode_FromString(subject.data ? "SUCCESS" : "NONE");
    PyObject *name = subject.data ? text_new(subject) : NULL;
    int result = verified ? PyDict_SetItemString(environ, "SSL_CLIENT_VERIFY", verified) : -1;
    if (result == 0 && subject.data)
        result = name ? PyDict_SetItemString(environ, "SSL_CLIENT_S_DN", name) : -1;
    Py_XDECREF(verified);
    Py_XDECREF(name);
    return result;
}

/* All values of a repeated field, from the first on; name is the spelling of one of them. */
static PyObject *joined_text(const gr_request *request, gr_slice name) {
    bool cookie = gr_slice_equal_nocase(name, gr_slice_of("Cookie"));
    PyObject *separator = PyUnicode_FromString(cookie ? "; " : ",");
    PyObject *values = separator ? PyList_New(0) : NULL;
    PyObject *joined = NULL;
    gr_slice other, value;
    if (!values) goto out;
    for (size_t i = 0; gr_request_header_at(request, i, &other, &value); i++) {
        if (!gr_slice_equal_nocase(other, name)) continue;
        PyObject *text = text_new(value);
        int result = text ? PyList_Append(values, text) : -1;
        Py_XDECREF(text);
        if (result < 0) goto out;
    }
    joined = PyUnicode_Join(separator, values);
out:
    Py_XDECREF(values);
    Py_XDECREF(separator);
    return joined;
}

static int set_field(PyObject *environ, const gr_request *request, gr_slice name, gr_slice value) {
    PyObject *key, *text;
    if (field_take(name, value, &key, &text) < 0) return -1;
    if (!key) {
        gr_request_field_dropped(request, name);
        return 0;
    }

    Py_ssize_t before = PyDict_Size(environ);
    int result = PyDict_SetItem(environ, key, text);
    Py_DECREF(text);
    if (result == 0 && PyDict_Size(environ) == before) {
        PyObject *joined = joined_text(request, name);
        result = joined ? PyDict_SetItem(environ, key, joined) : -1;
        Py_XDECREF(joined);
    }
    Py_DECREF(key);
    return result;
}

static int set_fields(PyObject *environ, const gr_request *request) {
    gr_slice name, value;
    for (size_t i = 0; gr_request_header_at(request, i, &name, &value); i++)
        if (set_field(environ, request, name, value) < 0) return -1;
    return 0;
}

PyObject *environ_new(const struct exchange *exchange, PyObject *input) {
    PyObject *environ = PyDict_Copy(template);
    if (!environ) return NULL;
    if (set_request_line(environ, exchange->request) < 0 ||
        set_addresses(environ, exchange->request) < 0 ||
        set_client_certificate(environ, exchange->request) < 0 ||
        set_fields(environ, exchange->request) < 0 || set_host(environ, exchange->request) < 0)
        goto fail;
    if (input && PyDict_SetItem(environ, keys[KEY_INPUT], input) < 0) goto fail;
    return environ;
fail:
    Py_DECREF(environ);
    return NULL;
}
