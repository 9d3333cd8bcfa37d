/* What the client does beyond one request: redirects, credentials, codings. */
#include "client_fixture.h"

#include <zlib.h>

/* A redirect to a path of the peer itself. */
#define MOVED(status, to) \
    "HTTP/1.1 " status " Moved\r\nLocation: " to "\r\nContent-Length: 4\r\n\r\ngone"

static void assert_last(const char *start) {
    if (strncmp(peer.last, start, strlen(start)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", peer.last, start);
}

static void a_redirect_is_followed_on_the_same_connection(void **state) {
    PEER_START(&peer, MOVED("302", "b?c"), HELLO);
    gr_answer *answer = gr_client_get(client, peer_url(&peer, "/a/x"), &failure);
    assert_non_null(answer);
    assert_string_equal(gr_answer_url(answer), peer_url(&peer, "/a/b?c"));
    assert_answer(answer, 200, "hello");
    assert_last("GET /a/b?c HTTP/1.1\r\n");
    assert_int_equal(peer.connections, 1);
}

static void assert_method_after(const char *status, const char *method, const char *expected) {
    char reply[128], start[32];
    snprintf(reply, sizeof reply, MOVED("%s", "/b"), status);
    snprintf(start, sizeof start, "%s /b HTTP/1.1\r\n", expected);
    const gr_client_field fields[] = {{{"Content-Type", 12}, {"a/b", 3}}, {{"X", 1}, {"y", 1}}};
    PEER_START(&peer,
               strcmp(method, "HEAD") == 0 ? "HTTP/1.1 303 X\r\nLocation: /b\r\n\r\n" : reply,
               OK("0\r\n\r\n"));
    bool has_body = strcmp(method, "HEAD") != 0;
    gr_call call = {.method = method, .fields = fields, .field_count = 2};
    if (has_body) call.body = (gr_slice){"text", 4};
    assert_answer(ask(call), 200, "");
    assert_last(start);
    bool kept = strcmp(method, expected) == 0;
    assert_int_equal(strstr(peer.last, "Content-Type") != NULL, kept);
    assert_int_equal(strstr(peer.last, "\r\n\r\ntext") != NULL, kept && has_body);
    assert_non_null(strstr(peer.last, "X: y\r\n"));
    peer_end(&peer);
    gr_client_close(client);
    assert_int_equal(open_client(NULL), 0);
}

static void the_method_changes_as_the_rfc_says(void **state) {
    assert_method_after("301", "POST", "GET");
    assert_method_after("302", "POST", "GET");
    assert_method_after("303", "PUT", "GET");
    assert_method_after("301", "PUT", "PUT");
    assert_method_after("307", "POST", "POST");
    assert_method_after("308", "POST", "POST");
    PEER_START(&peer, HELLO);
    assert_answer(get(), 200, "hello");
}

static void another_origin_is_not_shown_secrets(void **state) {
    struct peer other;
    char reply[128];
    const gr_client_field fields[] = {
        {{"authorization", 13}, {"secret", 6}}, {{"Cookie", 6}, {"a=b", 3}}, {{"X", 1}, {"y", 1}}};
    PEER_START(&other, HELLO, HELLO);
    snprintf(reply, sizeof reply,
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n",
             other.port);
    PEER_START(&peer, reply, reply);
    assert_answer(ask((gr_call){.fields = fields, .field_count = 3}), 200, "hello");
    assert_null(strstr(other.last, "secret"));
    assert_null(strstr(other.last, "a=b"));
    assert_non_null(strstr(other.last, "X: y\r\n"));
    assert_answer(ask((gr_call){.bearer = "token"}), 200, "hello");
    assert_non_null(strstr(peer.last, "Authorization: Bearer token\r\n"));
    assert_null(strstr(other.last, "token"));
    gr_client_close(client);
    peer_end(&other);
    assert_int_equal(open_client(NULL), 0);
}

static void redirects_without_end_are_given_up(void **state) {
    PEER_START(&peer, MOVED("302", "/a"), MOVED("302", "/b"), MOVED("302", "/c"));
    reopen_client((gr_client_options){.redirects = 2});
    assert_failed(get(), GR_FAILURE_REDIRECT, ELOOP, "more than 2 redirects");
    assert_int_equal(peer.requests, 3);
}

static void a_redirect_to_something_else_is_refused(void **state) {
    PEER_START(&peer, MOVED("302", "file:///etc/passwd"));
    assert_failed(get(), GR_FAILURE_REDIRECT, EINVAL, "to file:///etc/passwd: it does not begin");
}

static void redirects_are_answers_where_none_is_to_be_followed(void **state) {
    PEER_START(&peer, MOVED("302", "/a"), "HTTP/1.1 302 Nowhere\r\nContent-Length: 0\r\n\r\n");
    reopen_client((gr_client_options){.redirects = -1});
    gr_answer *answer = get();
    assert_null(gr_answer_url(answer));
    assert_answer(answer, 302, "gone");
    reopen_client((gr_client_options){0});
    assert_answer(get(), 302, "");
}

/* ---- credentials ---- */

static gr_answer *get_as(const char *user) {
    char url[128];
    snprintf(url, sizeof url, "http://%s@127.0.0.1:%d/", user, peer.port);
    return gr_client_get(client, url, &failure);
}

static void credentials_are_sent(void **state) {
    PEER_START(&peer, HELLO, HELLO, HELLO);
    assert_answer(ask((gr_call){.user = "Aladdin", .password = "open sesame"}), 200, "hello");
    assert_non_null(strstr(peer.last, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_answer(get_as("Aladdin:open%20sesame"), 200, "hello");
    assert_non_null(strstr(peer.last, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_null(strstr(peer.last, "@"));
    assert_failed(get_as("a%zz"), GR_FAILURE_CALL, EINVAL, "the credentials cannot be sent");
    assert_failed(ask((gr_call){.bearer = "a\r\nX: y"}), GR_FAILURE_CALL, EINVAL,
                  "the credentials cannot be sent");
    assert_answer(get(), 200, "hello");
}

/* ---- codings ---- */

static char coded[1024];

/* An answer with the body "green rooms" in gzip. Returns its length. */
static size_t make_coded(void) {
    z_stream z = {0};
    unsigned char body[256];
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)"green rooms";
    z.avail_in = 11;
    z.next_out = body;
    z.avail_out = sizeof body;
    deflate(&z, Z_FINISH);
    int head = snprintf(coded, sizeof coded,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
                        z.total_out);
    memcpy(coded + head, body, z.total_out);
    deflateEnd(&z);
    return (size_t)head + z.total_out;
}

static void bodies_are_decoded(void **state) {
    size_t len = make_coded();
    PEER_START(&peer, coded, HELLO);
    peer.first_len = len;
    assert_answer(get(), 200, "green rooms");
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 1);
}

static void bodies_stay_as_they_are_where_that_is_wanted(void **state) {
    gr_slice body;
    size_t len = make_coded();
    PEER_START(&peer, coded);
    peer.first_len = len;
    reopen_client((gr_client_options){.raw_bodies = true});
    gr_answer *answer = get();
    assert_null(strstr(peer.last, "Accept-Encoding"));
    assert_int_equal(gr_answer_collect(answer, 1000, &body), 0);
    assert_memory_equal(body.data, "\x1f\x8b", 2);
    gr_answer_close(answer);
}

static void a_body_that_cannot_be_decoded_is_told(void **state) {
    gr_slice body;
    PEER_START(&peer,
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello");
    gr_answer *answer = get();
    assert_int_equal(gr_answer_collect(answer, 1000, &body), -1);
    assert_int_equal(errno, EPROTO);
    gr_answer_close(answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_redirect_is_followed_on_the_same_connection),
        TEST(the_method_changes_as_the_rfc_says),
        TEST(another_origin_is_not_shown_secrets),
        TEST(redirects_without_end_are_given_up),
        TEST(a_redirect_to_something_else_is_refused),
        TEST(redirects_are_answers_where_none_is_to_be_followed),
        TEST(credentials_are_sent),
        TEST(bodies_are_decoded),
        TEST(bodies_stay_as_they_are_where_that_is_wanted),
        TEST(a_body_that_cannot_be_decoded_is_told),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
