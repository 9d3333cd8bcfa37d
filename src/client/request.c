#include "client/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "greenroom/request.h"
#include "http/credentials.h"
#include "http/response_head.h"
#include "http/url.h"

/* ---- text that grows ---- */

static bool grow(struct request *request, size_t len) {
    size_t room = 2 * (request->len + len);
    char *text = request->text == request->first ? malloc(room) : realloc(request->text, room);
    if (!text) {
        request->overflowed = true;
        return false;
    }
    if (request->text == request->first) memcpy(text, request->first, request->len);
    request->text = text;
    request->room = room;
    return true;
}

static void put(struct request *request, const char *data, size_t len) {
    if (request->room - request->len < len && !grow(request, len)) return;
    if (len) memcpy(request->text + request->len, data, len);
    request->len += len;
}

static void put_text(struct request *request, const char *text) {
    put(request, text, strlen(text));
}

static void put_slice(struct request *request, gr_slice slice) {
    put(request, slice.data, slice.len);
}

static void put_field(struct request *request, const char *name, const char *value) {
    put_text(request, name);
    put(request, ": ", 2);
    put_text(request, value);
    put(request, "\r\n", 2);
}

void request_free(struct request *request) {
    if (request->text != request->first) free(request->text);
}

/* ---- the caller's fields ---- */

/* Those that are added when the caller has none. */
enum given {
    GIVEN_HOST = 1,
    GIVEN_USER_AGENT = 2,
    GIVEN_ACCEPT = 4,
    GIVEN_ACCEPT_ENCODING = 8,
    GIVEN_AUTHORIZATION = 16,
    GIVEN_TRACEPARENT = 32,
    GIVEN_PROXY_AUTHORIZATION = 64,
};

static unsigned given_by(gr_slice name) {
    static const struct {
        gr_slice name;
        unsigned given;
    } known[] = {{{"Host", 4}, GIVEN_HOST},
                 {{"User-Agent", 10}, GIVEN_USER_AGENT},
                 {{"Accept", 6}, GIVEN_ACCEPT},
                 {{"Accept-Encoding", 15}, GIVEN_ACCEPT_ENCODING},
                 {{"Authorization", 13}, GIVEN_AUTHORIZATION},
                 {{"traceparent", 11}, GIVEN_TRACEPARENT},
                 {{"Proxy-Authorization", 19}, GIVEN_PROXY_AUTHORIZATION}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (gr_slice_equal_nocase(name, known[i].name)) return known[i].given;
    return 0;
}

static const char *fault_of(const gr_client_field *field, bool all_theirs) {
    if (!http_is_token(field->name)) return "is not a name";
    if (!http_is_field_value(field->value)) return "has a control character in its value";
    if (all_theirs) return NULL;
    enum http_field_kind kind = http_field_kind(field->name);
    bool is_ours = kind == HTTP_FIELD_HOP_BY_HOP || kind == HTTP_FIELD_CONTENT_LENGTH;
    return is_ours ? "is set by the client itself" : NULL;
}

static bool gives_host(const gr_call *call) {
    for (size_t i = 0; i < call->field_count; i++)
        if (given_by(call->fields[i].name) == GIVEN_HOST) return true;
    return false;
}

/* Returns which have been given, or -1 with the failure told. */
static int put_callers(struct request *request, const gr_call *call, gr_failure *failure) {
    unsigned given = 0;
    for (size_t i = 0; i < call->field_count; i++) {
        const gr_client_field *field = &call->fields[i];
        const char *fault = fault_of(field, call->fields_complete);
        if (fault)
            return failure_tell(failure, GR_FAILURE_CALL, EINVAL, "the field \"%.*s\" %s",
                                (int)field->name.len, field->name.data, fault);
        given |= given_by(field->name);
        put_slice(request, field->name);
        put(request, ": ", 2);
        put_slice(request, field->value);
        put(request, "\r\n", 2);
    }
    return (int)given;
}

/* ---- credentials ---- */

enum { CREDENTIAL_MAX = 1024 };

static const char AUTHORIZATION[] = "Authorization: ";

static int put_basic(struct request *request, const char *field, gr_slice user, gr_slice password) {
    char text[3 * CREDENTIAL_MAX];
    size_t len = http_basic_length(user.len, password.len);
    if (len > sizeof text) return -1;
    http_basic(text, user, password);
    put_text(request, field);
    put(request, text, len);
    put(request, "\r\n", 2);
    return 0;
}

/* "user:password", percent-encoded. */
static int put_user_of_url(struct request *request, const char *field, gr_slice text) {
    char user[CREDENTIAL_MAX], password[CREDENTIAL_MAX];
    const char *colon = memchr(text.data, ':', text.len);
    gr_slice first = {text.data, colon ? (size_t)(colon - text.data) : text.len};
    gr_slice second = {text.data + text.len, 0};
    if (colon) second = (gr_slice){colon + 1, text.len - first.len - 1};
    if (first.len > sizeof user || second.len > sizeof password) return -1;
    ssize_t user_len = url_decode(first, user), password_len = url_decode(second, password);
    if (user_len < 0 || password_len < 0) return -1;
    return put_basic(request, field, (gr_slice){user, (size_t)user_len},
                     (gr_slice){password, (size_t)password_len});
}

static int put_bearer(struct request *request, const char *token) {
    if (!http_is_field_value(gr_slice_of(token))) return -1;
    put_text(request, "Authorization: Bearer ");
    put_text(request, token);
    put(request, "\r\n", 2);
    return 0;
}

static int credentials_failed(gr_failure *failure) {
    return failure_tell(failure, GR_FAILURE_CALL, EINVAL,
                        "the credentials cannot be sent: they are malformed or too long");
}

static int put_proxy_credentials(struct request *request, const struct proxy *proxy,
                                 gr_failure *failure) {
    if (!proxy->url.user.len) return 0;
    int result = put_user_of_url(request, "Proxy-Authorization: ", proxy->url.user);
    return result < 0 ? credentials_failed(failure) : 0;
}

static int put_credentials(struct request *request, gr_slice user_of_url, const gr_call *call,
                           gr_failure *failure) {
    int result = 0;
    if (call->bearer)
        result = put_bearer(request, call->bearer);
    else if (call->user)
        result =
            put_basic(request, AUTHORIZATION, gr_slice_of(call->user), gr_slice_of(call->password));
    else if (user_of_url.len)
        result = put_user_of_url(request, AUTHORIZATION, user_of_url);
    return result < 0 ? credentials_failed(failure) : 0;
}

/* ---- the body ---- */

static void put_length(struct request *request, uint64_t length) {
    char digits[DECIMAL_MAX];
    put_text(request, "Content-Length: ");
    put(request, digits, decimal_put(digits, length));
    put(request, "\r\n", 2);
}

/* RFC 9110, 8.6: methods that expect a body say so when there is none. */
static bool expects_body(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static void put_framing(struct request *request, const gr_call *call) {
    if (call->stream && call->stream_length < 0)
        put_field(request, "Transfer-Encoding", "chunked");
    else if (call->stream)
        put_length(request, (uint64_t)call->stream_length);
    else if (call->body.len || expects_body(call->method))
        put_length(request, call->body.len);
}

/* ---- the trace ---- */

/* A call that is made for a request belongs to its trace. */
static void put_trace(struct request *request) {
    const gr_request *behind = gr_request_behind();
    gr_slice trace = behind ? gr_request_traceparent(behind) : (gr_slice){"", 0};
    if (!trace.len) return;
    put_text(request, "traceparent: ");
    put_slice(request, trace);
    put(request, "\r\n", 2);
}

/* ---- the whole ---- */

static void put_line(struct request *request, const struct http_url *url, bool whole,
                     const gr_call *call) {
    gr_slice target = url->target;
    put_text(request, call->method);
    put(request, " ", 1);
    if (whole) {
        put_text(request, "http://");
        put_slice(request, url->authority);
    }
    if (target.len == 0 || *target.data != '/') put(request, "/", 1);
    put_slice(request, target);
    put_text(request, " HTTP/1.1\r\n");
}

static void begin(struct request *request) {
    request->text = request->first;
    request->len = 0;
    request->room = sizeof request->first;
    request->overflowed = false;
}

static int end(struct request *request, gr_failure *failure) {
    put(request, "\r\n", 2);
    if (!request->overflowed) return 0;
    return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a request");
}

/* What the caller has left to us, and the fields of the body. */
static int put_missing(struct request *request, const gr_client *client,
                       const struct origin *origin, const struct http_url *url, const gr_call *call,
                       unsigned given, gr_failure *failure) {
    if (!(given & GIVEN_HOST)) put_field(request, "Host", origin->name);
    if (!(given & GIVEN_USER_AGENT)) put_field(request, "User-Agent", client->options.user_agent);
    if (!(given & GIVEN_ACCEPT)) put_field(request, "Accept", "*/*");
    if (!(given & GIVEN_ACCEPT_ENCODING) && !client->options.raw_bodies)
        put_field(request, "Accept-Encoding", "zstd, br, gzip, deflate");
    put_framing(request, call);
    if (given & GIVEN_AUTHORIZATION) return 0;
    return put_credentials(request, url->user, call, failure);
}

int request_compose(struct request *request, const gr_client *client, const struct origin *origin,
                    const struct http_url *url, const struct proxy *proxy, const gr_call *call,
                    gr_failure *failure) {
    bool asks_proxy = proxy && !url->tls;
    begin(request);
    put_line(request, url, asks_proxy, call);
    if (call->fields_complete && !gives_host(call)) put_field(request, "Host", origin->name);
    int given = put_callers(request, call, failure);
    if (given < 0) return -1;
    if (!call->fields_complete &&
        put_missing(request, client, origin, url, call, (unsigned)given, failure) < 0)
        return -1;
    if (!(given & GIVEN_TRACEPARENT)) put_trace(request);
    if (asks_proxy && !(given & GIVEN_PROXY_AUTHORIZATION) &&
        put_proxy_credentials(request, proxy, failure) < 0)
        return -1;
    return end(request, failure);
}

int request_compose_connect(struct request *request, const gr_client *client,
                            const struct origin *origin, const struct proxy *proxy,
                            gr_failure *failure) {
    char authority[300];
    const char *form = strchr(origin->host, ':') ? "[%.255s]:%d" : "%.255s:%d";
    snprintf(authority, sizeof authority, form, origin->host, origin->port);
    begin(request);
    put_text(request, "CONNECT ");
    put_text(request, authority);
    put_text(request, " HTTP/1.1\r\n");
    put_field(request, "Host", authority);
    put_field(request, "User-Agent", client->options.user_agent);
    if (put_proxy_credentials(request, proxy, failure) < 0) return -1;
    return end(request, failure);
}
