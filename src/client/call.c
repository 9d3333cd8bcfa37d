/* A call: the request is sent, over a connection that is idle or new, and once more if that had
 * died meanwhile. */
#include <stdlib.h>

#include "base/clock.h"
#include "client/redirect.h"
#include "client/request.h"
#include "greenroom/green.h"
#include "http/chunked.h"
#include "http/response_head.h"

enum { REDIRECT_BODY_MAX = 64 * 1024 };

/* What stays the same when it is sent again. */
struct errand {
    gr_client *client;
    gr_call call; /* all of it set */
    struct timing timing;
    struct origin *origin;
    struct http_url url;
    const struct proxy *proxy; /* NULL: none */
    struct request *request;   /* composed */
    gr_failure *failure;
};

/* ---- sending ---- */

static int send_failed(const struct errand *errand, int error) {
    return failure_tell(errand->failure, GR_FAILURE_SEND, error, "cannot send to %s: %s",
                        errand->origin->name, failure_reason(error));
}

static int write_parts(const struct errand *errand, struct connection *connection,
                       struct iovec *parts, int count) {
    connection->wire->due = timing_due(&errand->timing, errand->timing.read);
    if (gr_writer_writev(connection->writer, parts, count) == 0) return 0;
    return send_failed(errand, errno);
}

/* Sends on what the stream shows. Returns how many bytes, 0 at its end, or -1. */
static ssize_t pass_on(const struct errand *errand, struct connection *connection, int64_t left) {
    gr_reader *stream = errand->call.stream;
    char size_line[CHUNK_HEAD_MAX];
    gr_slice bytes;
    ssize_t n = gr_reader_peek(stream, &bytes);
    if (n < 0)
        return failure_tell(errand->failure, GR_FAILURE_SEND, errno,
                            "cannot read the body to be sent: %s", failure_reason(errno));
    if (n == 0) return 0;
    bool chunked = left < 0;
    if (!chunked && (int64_t)bytes.len > left) bytes.len = (size_t)left;
    struct iovec parts[] = {{size_line, chunked ? chunk_head(size_line, bytes.len) : 0},
                            {(void *)bytes.data, bytes.len},
                            {(void *)"\r\n", chunked ? 2 : 0}};
    if (write_parts(errand, connection, parts, 3) < 0) return -1;
    gr_reader_consume(stream, bytes.len);
    return (ssize_t)bytes.len;
}

static int send_stream(const struct errand *errand, struct connection *connection) {
    int64_t left = errand->call.stream_length;
    struct iovec last = {(void *)"0\r\n\r\n", 5};
    while (left) {
        ssize_t n = pass_on(errand, connection, left);
        if (n < 0) return -1;
        if (n == 0 && left > 0)
            return failure_tell(errand->failure, GR_FAILURE_SEND, ENODATA,
                                "the body to be sent is shorter than stream_length says");
        if (n == 0) return write_parts(errand, connection, &last, 1);
        if (left > 0) left -= n;
    }
    return 0;
}

static int send_all(const struct errand *errand, struct connection *connection) {
    struct iovec parts[] = {{errand->request->text, errand->request->len},
                            {(void *)errand->call.body.data, errand->call.body.len}};
    if (write_parts(errand, connection, parts, errand->call.stream ? 1 : 2) < 0) return -1;
    return errand->call.stream ? send_stream(errand, connection) : 0;
}

/* ---- one attempt ---- */

static bool is_gone(int error) { return error == EPIPE || error == ECONNRESET; }

/* A server that does not want all of a body may answer before it has it, and close. */
static gr_answer *converse(const struct errand *errand, struct connection *connection) {
    bool sent = send_all(errand, connection) == 0;
    if (!sent && !is_gone(errand->failure->error)) return NULL;
    const struct expectation expectation = {.head_only = strcmp(errand->call.method, "HEAD") == 0,
                                            .last = !sent};
    return answer_receive(errand->client, connection, &expectation, &errand->timing,
                          errand->failure);
}

static struct connection *get_connection(const struct errand *errand) {
    struct origins *all = &errand->client->origins;
    struct connection *connection;
    int64_t due = timing_due(&errand->timing, errand->client->options.place_timeout);
    if (origins_take(all, errand->origin, due, &connection) < 0) {
        failure_write(errand->failure, GR_FAILURE_PLACE, errno,
                      "no connection to %s has become free: %s", errand->origin->name,
                      failure_reason(errno));
        return NULL;
    }
    if (!connection) {
        connection = origin_connect(errand->client, errand->origin, errand->proxy, &errand->timing,
                                    errand->failure);
        if (!connection) origins_drop(all, errand->origin, NULL);
    }
    return connection;
}

/* RFC 9110, 9.2.2, of the methods that it registers. */
static bool is_idempotent(const char *method) {
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0) return true;
    return false;
}

static bool may_repeat(const struct errand *errand) {
    return !errand->call.stream && is_idempotent(errand->call.method);
}

/* A connection that has been used may have been closed while the request was on its way to it:
 * then nothing comes back. */
static gr_answer *run(const struct errand *errand) {
    for (;;) {
        struct connection *connection = get_connection(errand);
        if (!connection) return NULL;
        bool reused = connection->reused;
        gr_answer *answer = converse(errand, connection);
        if (answer) return answer;
        origins_drop(&errand->client->origins, errand->origin, connection);
        if (!reused || !is_gone(errand->failure->error) || !may_repeat(errand)) return NULL;
    }
}

/* ---- the whole ---- */

static int64_t length_of(int64_t asked, int64_t usual) {
    return asked == 0 ? usual : asked < 0 ? NEVER : asked;
}

static int check(const struct errand *errand) {
    const gr_call *call = &errand->call;
    const char *fault = NULL;
    if (!http_is_token(gr_slice_of(call->method))) fault = "the method is not a token";
    if (strcmp(call->method, "CONNECT") == 0) fault = "CONNECT is not a request for a client";
    if (call->stream && call->body.len) fault = "there are two bodies, body and stream";
    if (!fault) return 0;
    return failure_tell(errand->failure, GR_FAILURE_CALL, EINVAL, "%s", fault);
}

static int find_origin(struct errand *errand) {
    const char *why = "there is none";
    const char *text = errand->call.url;
    if (!text || http_url_parse(gr_slice_of(text), &errand->url, &why) < 0)
        return failure_tell(errand->failure, GR_FAILURE_CALL, EINVAL, "cannot ask for URL %s: %s",
                            text ? text : "NULL", why);
    errand->proxy = proxies_for(&errand->client->proxies, &errand->url);
    errand->origin = origins_find(&errand->client->origins, &errand->url);
    if (errand->origin) return 0;
    return failure_tell(errand->failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for an origin");
}

/* Without following redirects. */
static gr_answer *make(struct errand *errand) {
    struct request request;
    gr_answer *answer = NULL;
    if (check(errand) < 0 || find_origin(errand) < 0) return NULL;
    errand->request = &request;
    if (request_compose(&request, errand->client, errand->origin, &errand->url, errand->proxy,
                        &errand->call, errand->failure) == 0)
        answer = run(errand);
    request_free(&request);
    errand->request = NULL;
    if (!answer) origins_leave(&errand->client->origins, errand->origin);
    return answer;
}

/* The body of a redirect is read for the sake of the connection, if it is small. */
static void pass_over(gr_answer *answer) {
    gr_slice body;
    if (gr_answer_collect(answer, REDIRECT_BODY_MAX, &body) < 0) errno = 0;
    gr_answer_close(answer);
}

static gr_answer *follow(struct errand *errand, struct hop *hop) {
    for (int followed = 0;; followed++) {
        errand->call = hop->call;
        gr_answer *answer = make(errand);
        if (!answer || errand->client->options.redirects < 0) return answer;
        int leads = redirect_follow(hop, &errand->url, answer, errand->failure);
        if (leads == 0) return answer;
        pass_over(answer);
        if (leads < 0) return NULL;
        if (followed == errand->client->options.redirects) {
            failure_write(errand->failure, GR_FAILURE_REDIRECT, ELOOP,
                          "there are more than %d redirects, the last one to %.300s", followed,
                          hop->url);
            return NULL;
        }
    }
}

gr_answer *gr_client_call(gr_client *client, const gr_call *call, gr_failure *failure) {
    const gr_client_options *usual = &client->options;
    struct errand errand = {.client = client, .failure = failure};
    struct hop hop = {.call = *call};
    int64_t whole = length_of(call->timeout, usual->timeout);
    errand.timing = (struct timing){
        .connect = length_of(call->connect_timeout, usual->connect_timeout),
        .read = length_of(call->read_timeout, usual->read_timeout),
        .due = whole == NEVER ? NEVER : clock_after(whole),
    };
    if (!call->method) hop.call.method = "GET";
    gr_answer *answer = follow(&errand, &hop);
    if (answer) {
        answer_set_url(answer, hop.url);
        hop.url = NULL;
    }
    hop_fini(&hop);
    return answer;
}

gr_answer *gr_client_get(gr_client *client, const char *url, gr_failure *failure) {
    return gr_client_call(client, &(gr_call){.url = url}, failure);
}
