/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>

#include "http_head.h"

static void the_shortest_request_is_parsed(void **state) {
    struct parsed p = parse_valid(BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.method, "GET");
    assert_span(&p, p.head.target, "/");
    assert_span(&p, p.head.path, "/");
    assert_span(&p, p.head.query, "");
    assert_span(&p, p.head.host, "a");
    assert_int_equal(p.head.minor, 1);
    assert_int_equal(p.head.field_count, 1);
    assert_int_equal(p.head.size, p.text.len);
    assert_true(p.head.keep_alive);
    assert_false(p.head.chunked);
    assert_false(p.head.expect_continue);
    assert_int_equal(p.head.content_length, 0);
}

static void the_query_begins_behind_the_first_question_mark(void **state) {
    struct parsed p = parse_valid(BYTES("GET /a%20b/c?x=1?y&z=/ HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.target, "/a%20b/c?x=1?y&z=/");
    assert_span(&p, p.head.path, "/a%20b/c");
    assert_span(&p, p.head.query, "x=1?y&z=/");
}

static void an_empty_query_is_empty(void **state) {
    struct parsed p = parse_valid(BYTES("GET /a? HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.path, "/a");
    assert_span(&p, p.head.query, "");
}

static void any_token_is_a_method_and_its_case_is_kept(void **state) {
    struct parsed p = parse_valid(BYTES("m!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.method, "m!#$%&'*+-.^_`|~9");
}

static void blanks_around_a_value_are_no_part_of_it(void **state) {
    struct parsed p = parse_valid(BYTES("GET / HTTP/1.1\r\n"
                                        "Host:\t a \t\r\n"
                                        "X-None:\r\n"
                                        "X-Blank: \t \r\n"
                                        "X-Inner: one\ttwo three\r\n"
                                        "\r\n"));
    assert_span(&p, p.head.host, "a");
    assert_span(&p, p.fields[0].name, "Host");
    assert_span(&p, p.fields[0].value, "a");
    assert_span(&p, p.fields[1].value, "");
    assert_span(&p, p.fields[2].name, "X-Blank");
    assert_span(&p, p.fields[2].value, "");
    assert_span(&p, p.fields[3].value, "one\ttwo three");
    assert_int_equal(p.head.field_count, 4);
}

static void bytes_beyond_ascii_may_stand_in_a_value(void **state) {
    struct parsed p =
        parse_valid(BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xff gr\xc3\xbc\xc3\x9f"
                          "e an alle\r\n\r\n"));
    assert_span(&p, p.fields[1].value,
                "\x80\xff gr\xc3\xbc\xc3\x9f"
                "e an alle");
}

static void repeated_fields_stay_in_order(void **state) {
    struct parsed p = parse_valid(BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n"));
    assert_span(&p, p.fields[1].value, "1");
    assert_span(&p, p.fields[2].name, "x");
    assert_span(&p, p.fields[2].value, "2");
}

static void one_empty_line_before_the_request_line_is_skipped_and_counted(void **state) {
    struct parsed p = parse_valid(BYTES("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.method, "GET");
    assert_int_equal(p.head.size, p.text.len);
}

static void what_follows_the_head_is_left_alone(void **state) {
    static const char first[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    struct parsed p =
        parse_whole(BYTES("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\0\x16GET"), &sample_limits);
    assert_int_equal(p.result, HTTP_PARSE_DONE);
    assert_int_equal(p.head.size, sizeof first - 1);
}

static void every_part_of_a_valid_head_is_incomplete(void **state) {
    gr_slice text = BYTES("\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    for (size_t len = 0; len < text.len; len++) {
        struct parsed p = parse_whole((gr_slice){text.data, len}, &sample_limits);
        assert_int_equal(p.result, HTTP_PARSE_INCOMPLETE);
    }
}

static void a_higher_minor_version_counts_as_1(void **state) {
    struct parsed p = parse_valid(BYTES("GET / HTTP/1.9\r\nHost: a\r\n\r\n"));
    assert_int_equal(p.head.minor, 1);
    assert_true(p.head.keep_alive);
}

static void http_1_0_needs_no_host_and_no_field(void **state) {
    struct parsed p = parse_valid(BYTES("GET / HTTP/1.0\r\n\r\n"));
    assert_int_equal(p.head.minor, 0);
    assert_int_equal(p.head.field_count, 0);
    assert_span(&p, p.head.host, "");
    assert_false(p.head.keep_alive);
}

static bool keeps_alive(gr_slice text) { return parse_valid(text).head.keep_alive; }

static void http_1_0_keeps_alive_only_when_asked(void **state) {
    assert_true(keeps_alive(BYTES("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")));
    assert_false(keeps_alive(BYTES("GET / HTTP/1.0\r\nConnection: TE\r\n\r\n")));
    assert_false(keeps_alive(BYTES("GET / HTTP/1.0\r\nKeep-Alive: timeout=5\r\n\r\n")));
}

static void connection_is_a_list_of_options_in_any_case(void **state) {
    assert_false(keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n")));
    assert_false(
        keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\t , te\r\n\r\n")));
    assert_false(
        keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: ,close,,TE,\r\n\r\n")));
    assert_false(keeps_alive(
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nConnection: close\r\n\r\n")));
    assert_true(
        keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed, x-close\r\n\r\n")));
    assert_true(keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n")));
}

static void close_outweighs_keep_alive(void **state) {
    assert_false(keeps_alive(BYTES("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n")));
    assert_false(
        keeps_alive(BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n")));
}

static void content_length_goes_up_to_the_largest_int64(void **state) {
    struct parsed p = parse_valid(
        BYTES("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n"));
    assert_true(p.head.content_length == INT64_MAX);
    p = parse_valid(BYTES("PUT / HTTP/1.0\r\ncontent-LENGTH:  0042 \r\n\r\n"));
    assert_int_equal(p.head.content_length, 42);
}

static void chunked_is_known_in_any_case(void **state) {
    struct parsed p =
        parse_valid(BYTES("PUT / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding: ChunkeD\r\n\r\n"));
    assert_true(p.head.chunked);
    assert_int_equal(p.head.content_length, 0);
}

static bool expects(gr_slice text) { return parse_valid(text).head.expect_continue; }

static void a_1_1_client_with_a_body_may_expect_100_continue(void **state) {
    assert_true(expects(BYTES("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"
                              "Content-Length: 1\r\n\r\n")));
    assert_true(expects(BYTES("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n")));
}

static void an_expectation_without_a_body_or_from_1_0_is_ignored(void **state) {
    assert_false(expects(BYTES("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")));
    assert_false(expects(
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")));
    assert_false(
        expects(BYTES("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")));
}

static void an_absolute_target_names_the_host(void **state) {
    struct parsed p =
        parse_valid(BYTES("GET http://b.example:81/p/q?r HTTP/1.1\r\nHost: B.example:81\r\n\r\n"));
    assert_span(&p, p.head.target, "http://b.example:81/p/q?r");
    assert_span(&p, p.head.host, "B.example:81");
    assert_span(&p, p.head.path, "/p/q");
    assert_span(&p, p.head.query, "r");
    p = parse_valid(BYTES("GET http://b.example/ HTTP/1.0\r\n\r\n"));
    assert_span(&p, p.head.host, "b.example");
}

static void the_scheme_may_be_https_and_in_any_case(void **state) {
    struct parsed p = parse_valid(BYTES("GET HTTPS://b/ HTTP/1.1\r\nHost: b\r\n\r\n"));
    assert_span(&p, p.head.host, "b");
    assert_span(&p, p.head.path, "/");
}

static void the_empty_path_of_an_absolute_target_is_a_slash(void **state) {
    struct parsed p = parse_valid(BYTES("GET http://b HTTP/1.1\r\nHost: b\r\n\r\n"));
    assert_span(&p, p.head.host, "b");
    assert_span(&p, p.head.path, "/");
    p = parse_valid(BYTES("GET https://b?x/y HTTP/1.1\r\nHost: b\r\n\r\n"));
    assert_span(&p, p.head.host, "b");
    assert_span(&p, p.head.path, "/");
    assert_span(&p, p.head.query, "x/y");
}

static void options_may_ask_about_the_whole_server(void **state) {
    struct parsed p = parse_valid(BYTES("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_span(&p, p.head.path, "*");
    assert_span(&p, p.head.query, "");
}

static void hosts_of_every_form_are_accepted(void **state) {
    static const char *const hosts[] = {
        "",
        "localhost",
        "a.example:8000",
        "a.example:",
        "192.0.2.1:80",
        "[::1]",
        "[::1]:8000",
        "[::1]:",
        "a_b-c~d.",
        "[::ffff:192.0.2.1]:65535",
        "!$&'()*+",
        "xn--bcher-kva.example",
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char text[200];
        int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        struct parsed p = parse_valid((gr_slice){text, (size_t)len});
        assert_span(&p, p.head.host, hosts[i]);
    }
}

static void every_visible_ascii_byte_but_the_fragment_sign_may_stand_in_a_target(void **state) {
    for (int byte = 0x21; byte < 0x7f; byte++) {
        char text[] = "GET /12345?_________ HTTP/1.1\r\nHost: a\r\n\r\n";
        text[12] = (char)byte;
        struct parsed p = parse_whole(BYTES(text), &sample_limits);
        assert_int_equal(p.result, byte == '#' ? HTTP_PARSE_REFUSED : HTTP_PARSE_DONE);
    }
}

static void a_head_that_trickles_in_is_scanned_once(void **state) {
    gr_slice text = BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n");
    struct parsed p = {.text = text};
    for (size_t len = 1; len < text.len; len++) {
        show(&p, len, &sample_limits);
        assert_int_equal(p.result, HTTP_PARSE_INCOMPLETE);
        assert_int_equal(p.scanned, len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_request_is_parsed),
        cmocka_unit_test(the_query_begins_behind_the_first_question_mark),
        cmocka_unit_test(an_empty_query_is_empty),
        cmocka_unit_test(any_token_is_a_method_and_its_case_is_kept),
        cmocka_unit_test(blanks_around_a_value_are_no_part_of_it),
        cmocka_unit_test(bytes_beyond_ascii_may_stand_in_a_value),
        cmocka_unit_test(repeated_fields_stay_in_order),
        cmocka_unit_test(one_empty_line_before_the_request_line_is_skipped_and_counted),
        cmocka_unit_test(what_follows_the_head_is_left_alone),
        cmocka_unit_test(every_part_of_a_valid_head_is_incomplete),
        cmocka_unit_test(a_higher_minor_version_counts_as_1),
        cmocka_unit_test(http_1_0_needs_no_host_and_no_field),
        cmocka_unit_test(http_1_0_keeps_alive_only_when_asked),
        cmocka_unit_test(connection_is_a_list_of_options_in_any_case),
        cmocka_unit_test(close_outweighs_keep_alive),
        cmocka_unit_test(content_length_goes_up_to_the_largest_int64),
        cmocka_unit_test(chunked_is_known_in_any_case),
        cmocka_unit_test(a_1_1_client_with_a_body_may_expect_100_continue),
        cmocka_unit_test(an_expectation_without_a_body_or_from_1_0_is_ignored),
        cmocka_unit_test(an_absolute_target_names_the_host),
        cmocka_unit_test(the_scheme_may_be_https_and_in_any_case),
        cmocka_unit_test(the_empty_path_of_an_absolute_target_is_a_slash),
        cmocka_unit_test(options_may_ask_about_the_whole_server),
        cmocka_unit_test(hosts_of_every_form_are_accepted),
        cmocka_unit_test(every_visible_ascii_byte_but_the_fragment_sign_may_stand_in_a_target),
        cmocka_unit_test(a_head_that_trickles_in_is_scanned_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
