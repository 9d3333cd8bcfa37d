#include "client/redirect.h"

#include <stdlib.h>

#include "http/reference.h"

enum { URL_MAX = 8192 };

/* ---- how ---- */

static bool becomes_get(int status, const char *method) {
    if (status == 303) return strcmp(method, "HEAD") != 0;
    return (status == 301 || status == 302) && strcmp(method, "POST") == 0;
}

static bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* ---- what goes there ---- */

static bool is_one_of(gr_slice name, const char *const *names) {
    for (; *names; names++)
        if (gr_slice_equal_nocase(name, gr_slice_of(*names))) return true;
    return false;
}

static bool is_for_there(gr_slice name, bool same_origin, bool with_body) {
    static const char *const secrets[] = {"Authorization", "Cookie", "Host", NULL};
    static const char *const of_body[] = {"Content-Type", "Content-Encoding", "Content-Language",
                                          "Content-Location", NULL};
    return (same_origin || !is_one_of(name, secrets)) && (with_body || !is_one_of(name, of_body));
}

/* Returns 0, or -1 with errno ENOMEM. */
static int keep_fields(struct hop *hop, bool same_origin, bool with_body) {
    gr_client_field *kept = calloc(hop->call.field_count + 1, sizeof *kept);
    size_t count = 0;
    if (!kept) return -1;
    for (size_t i = 0; i < hop->call.field_count; i++)
        if (is_for_there(hop->call.fields[i].name, same_origin, with_body))
            kept[count++] = hop->call.fields[i];
    free(hop->fields);
    hop->fields = kept;
    hop->call.fields = kept;
    hop->call.field_count = count;
    return 0;
}

static bool is_same_origin(const struct http_url *a, const struct http_url *b) {
    return a->tls == b->tls && a->port == b->port && gr_slice_equal_nocase(a->host, b->host);
}

/* ---- the whole ---- */

static int lead(struct hop *hop, const struct http_url *from, const char *location, bool as_get,
                gr_failure *failure) {
    struct http_url to;
    const char *why;
    char *url = strdup(location);
    if (!url) return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a redirect");
    if (http_url_parse(gr_slice_of(url), &to, &why) < 0) {
        failure_write(failure, GR_FAILURE_REDIRECT, EINVAL,
                      "cannot follow a redirect to %.300s: %s", url, why);
        free(url);
        return -1;
    }
    bool same_origin = is_same_origin(from, &to);
    if (as_get) {
        hop->call.method = "GET";
        hop->call.body = (gr_slice){NULL, 0};
        hop->call.stream = NULL;
    }
    if (!same_origin) hop->call.user = hop->call.password = hop->call.bearer = NULL;
    free(hop->url);
    hop->url = url;
    hop->call.url = url;
    if (keep_fields(hop, same_origin, !as_get) == 0) return 1;
    return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a redirect");
}

int redirect_follow(struct hop *hop, const struct http_url *from, const gr_answer *answer,
                    gr_failure *failure) {
    char location[URL_MAX];
    gr_slice reference;
    int status = gr_answer_status(answer);
    if (!is_redirect(status) || !gr_answer_header(answer, "Location", &reference)) return 0;
    bool as_get = becomes_get(status, hop->call.method);
    if (hop->call.stream && !as_get) return 0;
    if (http_reference_resolve(from, reference, location, sizeof location) == 0)
        return lead(hop, from, location, as_get, failure);
    return failure_tell(failure, GR_FAILURE_REDIRECT, EMSGSIZE, "a redirect by %.*s is too long",
                        (int)from->authority.len, from->authority.data);
}

void hop_fini(struct hop *hop) {
    free(hop->url);
    free(hop->fields);
}
