/* Calls of the client to a peer that behaves as it is told to, on the interposed libc. */
#include "client_fixture.h"

/* ---- requests ---- */

static void a_request_says_what_it_has_to(void **state) {
    PEER_START(&peer, HELLO);
    assert_answer(gr_client_get(client, peer_url(&peer, "/a%20b?c=d#e"), &failure), 200, "hello");
    char expected[256];
    snprintf(expected, sizeof expected,
             "GET /a%%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: greenroom\r\n"
             "Accept: */*\r\nAccept-Encoding: zstd, br, gzip, deflate\r\n\r\n",
             peer.port);
    assert_string_equal(peer.last, expected);
}

static void the_fields_of_the_caller_take_the_place_of_ours(void **state) {
    PEER_START(&peer, HELLO);
    const gr_client_field fields[] = {{{"host", 4}, {"shop.test", 9}},
                                      {{"user-agent", 10}, {"mine", 4}},
                                      {{"ACCEPT", 6}, {"text/plain", 10}},
                                      {{"Accept-encoding", 15}, {"identity", 8}},
                                      {{"AUTHORIZATION", 13}, {"own", 3}}};
    assert_answer(ask((gr_call){.fields = fields, .field_count = 5, .bearer = "x"}), 200, "hello");
    assert_string_equal(peer.last, "GET / HTTP/1.1\r\nhost: shop.test\r\nuser-agent: mine\r\n"
                                   "ACCEPT: text/plain\r\nAccept-encoding: identity\r\n"
                                   "AUTHORIZATION: own\r\n\r\n");
}

static void a_head_that_is_complete_is_sent_as_it_is(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    const gr_client_field fields[] = {{{"Connection", 10}, {"keep-alive", 10}},
                                      {{"Content-Length", 14}, {"2", 1}},
                                      {{"Host", 4}, {"shop.test", 9}}};
    gr_call call = {.fields = fields, .field_count = 3, .fields_complete = true, .body = {"ab", 2}};
    assert_answer(ask(call), 200, "hello");
    assert_string_equal(peer.last, "GET / HTTP/1.1\r\nConnection: keep-alive\r\n"
                                   "Content-Length: 2\r\nHost: shop.test\r\n\r\nab");
    call.field_count = 2;
    assert_answer(ask(call), 200, "hello");
    assert_non_null(strstr(peer.last, "GET / HTTP/1.1\r\nHost: 127.0.0.1:"));
}

static void bodies_are_sent_with_their_length(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    assert_answer(ask((gr_call){.method = "POST", .body = {"some text", 9}}), 200, "hello");
    assert_non_null(strstr(peer.last, "Content-Length: 9\r\n\r\nsome text"));
    assert_answer(ask((gr_call){.method = "POST"}), 200, "hello");
    assert_non_null(strstr(peer.last, "Content-Length: 0\r\n\r\n"));
}

static void *write_slowly(void *writer) {
    gr_writer_write(writer, "one ", 4);
    gr_yield();
    gr_writer_write(writer, "two", 3);
    return (void *)(intptr_t)gr_writer_close(writer);
}

static void a_stream_is_sent_while_it_is_read(void **state) {
    without_fault(FAULT_YIELD); /* then both pieces come at once */
    gr_reader *reader;
    gr_writer *writer;
    PEER_START(&peer, HELLO);
    assert_int_equal(gr_pipe(0, &reader, &writer), 0);
    gr_green *green = gr_spawn(write_slowly, writer);
    assert_answer(ask((gr_call){.method = "PUT", .stream = reader, .stream_length = -1}), 200,
                  "hello");
    assert_int_equal(gr_join(green, NULL), 0);
    gr_reader_close(reader);
    assert_non_null(
        strstr(peer.last, "Transfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n"));
}

static void a_stream_of_known_length_is_sent_without_chunks(void **state) {
    gr_reader *reader;
    gr_writer *writer;
    PEER_START(&peer, HELLO);
    assert_int_equal(gr_pipe(0, &reader, &writer), 0);
    gr_green *green = gr_spawn(write_slowly, writer);
    assert_answer(ask((gr_call){.method = "PUT", .stream = reader, .stream_length = 6}), 200,
                  "hello");
    gr_reader_close(reader);
    assert_int_equal(gr_join(green, NULL), 0);
    assert_non_null(strstr(peer.last, "Content-Length: 6\r\n\r\none tw"));
}

static void what_cannot_be_asked_is_refused_before_it_is_sent(void **state) {
    PEER_START(&peer, HELLO);
    const gr_client_field split[] = {{{"X", 1}, {"a\r\nY: b", 7}}};
    const gr_client_field ours[] = {{{"transfer-encoding", 17}, {"chunked", 7}}};
    assert_failed(ask((gr_call){.fields = split, .field_count = 1}), GR_FAILURE_CALL, EINVAL,
                  "the field \"X\" has a control character");
    assert_failed(ask((gr_call){.fields = ours, .field_count = 1}), GR_FAILURE_CALL, EINVAL,
                  "is set by the client itself");
    assert_failed(ask((gr_call){.method = "GET /x"}), GR_FAILURE_CALL, EINVAL, "not a token");
    assert_failed(gr_client_get(client, "ftp://x/", &failure), GR_FAILURE_CALL, EINVAL,
                  "does not begin with http://");
    assert_failed(gr_client_get(client, "http://x:0/", &failure), GR_FAILURE_CALL, EINVAL,
                  "its port is 0");
    assert_connections(0, 0);
    peer.replies++;
}

/* ---- answers ---- */

static void each_framing_is_read_to_its_end(void **state) {
    PEER_START(
        &peer, HELLO,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n"
        "Trailer: x\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200\r\n\r\nuntil the end", HANG_UP);
    assert_answer(get(), 200, "hello");
    assert_answer(get(), 200, "hello");
    assert_answer(get(), 204, "");
    assert_connections(1, 1);
    assert_answer(get(), 200, "until the end");
    assert_connections(0, 0);
    assert_int_equal(peer.connections, 1);
}

static void an_answer_to_head_has_no_body(void **state) {
    PEER_START(&peer, OK("5\r\n\r\n"), HELLO);
    gr_answer *answer = ask((gr_call){.method = "HEAD"});
    assert_int_equal(gr_answer_content_length(answer), 5);
    assert_answer(answer, 200, "");
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 1);
}

static void interim_answers_are_passed_over(void **state) {
    PEER_START(&peer,
               "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" HELLO);
    assert_answer(get(), 200, "hello");
    assert_connections(1, 1);
}

static void fields_are_found_by_name_and_by_number(void **state) {
    gr_slice name, value;
    PEER_START(&peer, "HTTP/1.1 404 Not Here\r\nA: 1\r\nContent-Length: 0\r\na:  2 \r\n\r\n");
    gr_answer *answer = get();
    assert_true(gr_slice_equal(gr_answer_reason(answer), gr_slice_of("Not Here")));
    assert_true(gr_answer_header(answer, "a", &value));
    assert_true(gr_slice_equal(value, gr_slice_of("1")));
    assert_true(gr_answer_header_at(answer, 2, &name, &value));
    assert_true(gr_slice_equal(value, gr_slice_of("2")));
    assert_false(gr_answer_header_at(answer, 3, &name, &value));
    assert_false(gr_answer_header(answer, "b", &value));
    assert_answer(answer, 404, "");
}

static void a_body_is_copied_as_a_stream(void **state) {
    int fds[2];
    char bytes[8];
    PEER_START(&peer, HELLO);
    gr_answer *answer = get();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(gr_copy(gr_answer_reader(answer), gr_file_writer(fds[1])), 5);
    gr_answer_close(answer);
    assert_int_equal(read(fds[0], bytes, sizeof bytes), 5);
    close(fds[0]);
    assert_connections(1, 1);
}

static void more_than_the_caller_wants_is_not_collected(void **state) {
    gr_slice body;
    PEER_START(&peer, HELLO);
    gr_answer *answer = get();
    assert_int_equal(gr_answer_collect(answer, 4, &body), -1);
    assert_int_equal(errno, EFBIG);
    gr_answer_close(answer);
    assert_connections(0, 0);
}

/* ---- bad answers ---- */

static void assert_not_understood(const char *reply, const char *told) {
    PEER_START(&peer, reply);
    assert_failed(get(), GR_FAILURE_PROTOCOL, EPROTO, told);
    assert_connections(0, 0);
    peer_end(&peer);
}

static void what_is_not_an_answer_is_told(void **state) {
    assert_not_understood("220 mail.test ESMTP\r\n", "does not begin with an HTTP status line");
    assert_not_understood("HTTP/2.0 200 OK\r\n\r\n", "HTTP version is not 1.x");
    assert_not_understood(OK("5\r\nContent-Length: 5\r\n\r\n"), "more than one Content-Length");
    assert_not_understood(OK("5\r\nTransfer-Encoding: chunked\r\n\r\n"), "both Content-Length");
    assert_not_understood("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded field line");
    assert_not_understood("HTTP/1.1 200 OK\nA: b\n\n", "LF without CR");
    assert_not_understood("HTTP/1.1 101 Switching Protocols\r\n\r\n", "nobody asked for");
    PEER_START(&peer, HELLO);
    assert_answer(get(), 200, "hello");
}

static void a_head_without_end_is_refused(void **state) {
    static char head[70000] = "HTTP/1.1 200 OK\r\nX: ";
    size_t start = strlen(head);
    memset(head + start, 'x', sizeof head - 1 - start);
    PEER_START(&peer, head);
    assert_failed(get(), GR_FAILURE_PROTOCOL, EPROTO, "head too large");
}

static void assert_body_breaks(const char *reply, int error) {
    char bytes[64];
    ssize_t n;
    PEER_START(&peer, reply, HANG_UP);
    gr_answer *answer = get();
    if (!answer) fail_msg("%s", failure.why);
    while ((n = gr_answer_read(answer, bytes, sizeof bytes)) > 0) continue;
    assert_int_equal(n, -1);
    assert_int_equal(errno, error);
    gr_answer_close(answer);
    assert_connections(0, 0);
    peer_end(&peer);
}

static void a_body_that_breaks_off_is_told(void **state) {
    assert_body_breaks(OK("9\r\n\r\nhello"), ENODATA);
    assert_body_breaks("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", ENODATA);
    assert_body_breaks("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", EPROTO);
    PEER_START(&peer, HELLO);
    assert_answer(get(), 200, "hello");
}

static void a_head_that_breaks_off_is_told(void **state) {
    PEER_START(&peer, "HTTP/1.1 200 O", HANG_UP, HELLO);
    assert_failed(get(), GR_FAILURE_RECEIVE, ENODATA, "the connection has ended");
    assert_int_equal(peer.requests, 1);
    peer.replies++;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_request_says_what_it_has_to),
        TEST(the_fields_of_the_caller_take_the_place_of_ours),
        TEST(a_head_that_is_complete_is_sent_as_it_is),
        TEST(bodies_are_sent_with_their_length),
        TEST(a_stream_is_sent_while_it_is_read),
        TEST(a_stream_of_known_length_is_sent_without_chunks),
        TEST(what_cannot_be_asked_is_refused_before_it_is_sent),
        TEST(each_framing_is_read_to_its_end),
        TEST(an_answer_to_head_has_no_body),
        TEST(interim_answers_are_passed_over),
        TEST(fields_are_found_by_name_and_by_number),
        TEST(a_body_is_copied_as_a_stream),
        TEST(more_than_the_caller_wants_is_not_collected),
        TEST(what_is_not_an_answer_is_told),
        TEST(a_head_without_end_is_refused),
        TEST(a_body_that_breaks_off_is_told),
        TEST(a_head_that_breaks_off_is_told),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
