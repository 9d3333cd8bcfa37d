#include "config/tls_bind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/query.h"
#include "http/url.h"

static const char scheme[] = "tls://";

bool tls_bind_is(const char *text) { return strncmp(text, scheme, sizeof scheme - 1) == 0; }

static char *absolute(const char *path) {
    char *folder = *path == '/' ? NULL : getcwd(NULL, 0), *whole = NULL;
    if (*path == '/')
        whole = strdup(path);
    else if (!folder || asprintf(&whole, "%s/%s", folder, path) < 0)
        whole = NULL;
    free(folder);
    return whole;
}

/* The path that a parameter names; NULL with a sentence. */
static const char *path_of(const struct query_parameter *parameter, char *error) {
    gr_slice value = parameter->value;
    char *text = malloc(value.len + 1);
    ssize_t len = text ? url_decode(value, text) : -1;
    char *path = NULL;
    if (len > 0 && !memchr(text, '\n', (size_t)len)) {
        text[len] = '\0';
        path = absolute(text);
        if (path && access(path, R_OK) < 0) {
            sentence(error, "cannot read %s: %s", path, strerror(errno));
            free(path);
            free(text);
            return NULL;
        }
    }
    free(text);
    if (!path)
        sentence(error, "%.*s= names no path", (int)parameter->name.len, parameter->name.data);
    return path;
}

/* Is there a certificate whose key is still to come? */
static bool is_half(const struct server_tls *tls) {
    return tls->count < SERVER_CERTIFICATES_MAX && tls->certificates[tls->count];
}

static int certificate_take(struct server_tls *tls, const struct query_parameter *parameter,
                            char *error) {
    if (tls->count == SERVER_CERTIFICATES_MAX)
        return sentence(error, "cert= may be given %d times at most", SERVER_CERTIFICATES_MAX);
    if (is_half(tls))
        return sentence(error, "cert= is followed by another cert= and not by its key=");
    tls->certificates[tls->count] = path_of(parameter, error);
    return tls->certificates[tls->count] ? 0 : -1;
}

static int key_take(struct server_tls *tls, const struct query_parameter *parameter, char *error) {
    if (!is_half(tls)) return sentence(error, "key= has no cert= before it");
    tls->keys[tls->count] = path_of(parameter, error);
    return tls->keys[tls->count++] ? 0 : -1;
}

static int client_ca_take(struct server_tls *tls, const struct query_parameter *parameter,
                          char *error) {
    if (tls->client_ca) return sentence(error, "client_ca= is given twice");
    tls->client_ca = path_of(parameter, error);
    return tls->client_ca ? 0 : -1;
}

static int parameter_take(struct server_tls *tls, const struct query_parameter *parameter,
                          bool *may_lack, char *error) {
    if (query_is(parameter, "cert")) return certificate_take(tls, parameter, error);
    if (query_is(parameter, "key")) return key_take(tls, parameter, error);
    if (query_is(parameter, "client_ca")) return client_ca_take(tls, parameter, error);
    if (!query_is(parameter, "client"))
        return sentence(error, "knows cert=, key=, client_ca= and client=, but not %.*s=",
                        (int)parameter->name.len, parameter->name.data);
    *may_lack = gr_slice_equal(parameter->value, gr_slice_of("request"));
    tls->client_required = gr_slice_equal(parameter->value, gr_slice_of("require"));
    return *may_lack || tls->client_required
               ? 0
               : sentence(error, "client= must be require or request");
}

static int query_parse(const char *at, struct server_tls *tls, char *error) {
    bool may_lack = false;
    while (*at) {
        struct query_parameter parameter = query_next(&at);
        if (parameter_take(tls, &parameter, &may_lack, error) < 0) return -1;
    }
    if (is_half(tls)) return sentence(error, "cert= is not followed by its key=");
    if (tls->count == 0)
        return sentence(error, "has no certificate; write tls://HOST:PORT?cert=PATH&key=PATH");
    if (!tls->client_ca && (may_lack || tls->client_required))
        return sentence(error, "client= needs client_ca=");
    tls->client_required = tls->client_ca && !may_lack;
    return 0;
}

int tls_bind_parse(const char *text, struct address *address, struct server_tls *tls,
                   char error[SENTENCE_SIZE]) {
    char where[sizeof address->place + 16];
    const char *at = text + sizeof scheme - 1;
    size_t len = strcspn(at, "?");
    snprintf(where, sizeof where, "%.*s", (int)len, at);
    const char *why =
        len < sizeof where ? address_parse(where, address) : "has a host name that is too long";
    if (!why && address->local) why = "is a unix socket, which needs no TLS";
    if (why) return sentence(error, "%s", why);
    address->tls = true;
    *tls = (struct server_tls){0};
    return query_parse(at[len] ? at + len + 1 : "", tls, error);
}
