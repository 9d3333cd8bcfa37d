/* What two parsers could read differently, and what exceeds a limit. Every sample is parsed whole,
 * byte by byte and in two pieces. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>

#include "http_head.h"

static void assert_text_refused(int status, gr_slice text) {
    struct parsed p = parse(text);
    if (p.result != HTTP_PARSE_REFUSED || p.status != status)
        print_message("%.*s\n", (int)text.len, text.data);
    assert_refused(&p, status);
}

/* literal: of a whole head. */
#define REFUSED(status, literal) assert_text_refused(status, BYTES(literal))

/* line: of a request that is fine otherwise. */
#define LINE_REFUSED(status, line) REFUSED(status, line "\r\nHost: a\r\n\r\n")

/* lines: of fields of a request that is fine otherwise. */
#define FIELDS_REFUSED(status, lines) \
    REFUSED(status, "POST / HTTP/1.1\r\nHost: a\r\n" lines "\r\n\r\n")

static void a_line_that_does_not_start_with_a_method_is_refused(void **state) {
    LINE_REFUSED(400, " GET / HTTP/1.1");
    LINE_REFUSED(400, "G@T / HTTP/1.1");
    LINE_REFUSED(400, "GET: / HTTP/1.1");
    LINE_REFUSED(400, "G\xc3\x89T / HTTP/1.1");
    LINE_REFUSED(400, "");
    REFUSED(400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void garbage_is_refused_at_its_first_byte(void **state) {
    static const char *const starts[] = {"\x16\x03\x01", "\n", " ", "\x80", "\x7f", "(", "\rG"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct parsed p = parse_whole(gr_slice_of(starts[i]), &sample_limits);
        assert_refused(&p, 400);
    }
    struct parsed nul = parse_whole(BYTES("\0"), &sample_limits);
    assert_refused(&nul, 400);
}

static void more_than_one_space_in_the_request_line_is_refused(void **state) {
    LINE_REFUSED(400, "GET  / HTTP/1.1");
    LINE_REFUSED(400, "GET /  HTTP/1.1");
    LINE_REFUSED(400, "GET / HTTP/1.1 ");
    LINE_REFUSED(400, "GET /a b HTTP/1.1");
    LINE_REFUSED(400, "GET /a HTTP/1.1 HTTP/1.1");
}

static void other_blanks_in_the_request_line_are_refused(void **state) {
    LINE_REFUSED(400, "GET\t/ HTTP/1.1");
    LINE_REFUSED(400, "GET /\tHTTP/1.1");
    LINE_REFUSED(400, "GET\v/ HTTP/1.1");
    LINE_REFUSED(400, "GET /\fHTTP/1.1");
    LINE_REFUSED(400, "GET / HTTP/1.1\t");
}

static void every_control_and_non_ascii_byte_in_the_target_is_refused(void **state) {
    for (int byte = 0; byte < 256; byte++) {
        if (byte > 0x20 && byte < 0x7f) continue;
        /* Once where words are looked at, once where single bytes are. */
        for (int place = 5; place <= 25; place += 20) {
            char text[] = "GET /aaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n";
            text[place] = (char)byte;
            assert_text_refused(400, BYTES(text));
        }
    }
}

static void a_fragment_in_the_target_is_refused(void **state) {
    LINE_REFUSED(400, "GET /a#b HTTP/1.1");
    LINE_REFUSED(400, "GET /a?b#c HTTP/1.1");
    LINE_REFUSED(400, "GET # HTTP/1.1");
}

static void a_malformed_version_is_refused(void **state) {
    LINE_REFUSED(400, "GET / http/1.1");
    LINE_REFUSED(400, "GET / Http/1.1");
    LINE_REFUSED(400, "GET / HTTP/1,1");
    LINE_REFUSED(400, "GET / HTTP/11");
    LINE_REFUSED(400, "GET / HTTP/1.10");
    LINE_REFUSED(400, "GET / HTTP/01.1");
    LINE_REFUSED(400, "GET / HTTP/1.");
    LINE_REFUSED(400, "GET / HTTP/2");
    LINE_REFUSED(400, "GET / HTTP/x.1");
    LINE_REFUSED(400, "GET / HTTPS/1.1");
    LINE_REFUSED(400, "GET / junk");
    LINE_REFUSED(400, "GET / ");
}

static void a_request_without_version_is_refused(void **state) {
    LINE_REFUSED(400, "GET /");
    REFUSED(400, "GET /\r\n\r\n");
    struct parsed at_once = parse_whole(BYTES("GET /\r\n"), &sample_limits);
    assert_refused(&at_once, 400);
}

static void another_major_version_is_answered_with_505(void **state) {
    LINE_REFUSED(505, "GET / HTTP/2.0");
    LINE_REFUSED(505, "GET / HTTP/0.9");
    LINE_REFUSED(505, "GET / HTTP/3.1");
    REFUSED(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void connect_is_answered_with_501(void **state) {
    LINE_REFUSED(501, "CONNECT a.example:443 HTTP/1.1");
    LINE_REFUSED(501, "CONNECT / HTTP/1.1");
}

static void a_target_of_no_form_is_refused(void **state) {
    LINE_REFUSED(400, "GET a.example:80 HTTP/1.1");
    LINE_REFUSED(400, "GET a HTTP/1.1");
    LINE_REFUSED(400, "GET ?a HTTP/1.1");
    LINE_REFUSED(400, "GET ftp://a/ HTTP/1.1");
    LINE_REFUSED(400, "GET http:/a HTTP/1.1");
    LINE_REFUSED(400, "GET file:///etc HTTP/1.1");
}

static void the_asterisk_is_for_options_alone(void **state) {
    LINE_REFUSED(400, "GET * HTTP/1.1");
    LINE_REFUSED(400, "options * HTTP/1.1");
    LINE_REFUSED(400, "OPTIONS *a HTTP/1.1");
    LINE_REFUSED(400, "OPTIONS ** HTTP/1.1");
    LINE_REFUSED(400, "OPTIONS *?a HTTP/1.1");
}

static void an_absolute_target_with_a_malformed_authority_is_refused(void **state) {
    LINE_REFUSED(400, "GET http:// HTTP/1.1");
    LINE_REFUSED(400, "GET http:///a HTTP/1.1");
    LINE_REFUSED(400, "GET http://?a HTTP/1.1");
    LINE_REFUSED(400, "GET http://:80/ HTTP/1.1");
    LINE_REFUSED(400, "GET http://user@a/ HTTP/1.1");
    LINE_REFUSED(400, "GET http://a:b/ HTTP/1.1");
    LINE_REFUSED(400, "GET http://a\\b/ HTTP/1.1");
    LINE_REFUSED(400, "GET https://[::1/ HTTP/1.1");
}

static void a_missing_host_is_refused(void **state) {
    REFUSED(400, "GET / HTTP/1.1\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n");
    REFUSED(400, "GET http://a/ HTTP/1.1\r\n\r\n");
}

static void a_second_host_is_refused(void **state) {
    FIELDS_REFUSED(400, "Host: a");
    FIELDS_REFUSED(400, "HOST: b");
    REFUSED(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET http://c/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
}

static void a_host_other_than_that_of_an_absolute_target_is_refused(void **state) {
    REFUSED(400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n");
    REFUSED(400, "GET http://b/ HTTP/1.1\r\nHost: b:80\r\n\r\n");
    REFUSED(400, "GET http://b/ HTTP/1.0\r\nHost: a\r\n\r\n");
}

static void a_host_with_illegal_characters_is_refused(void **state) {
    static const char *const hosts[] = {
        "a b",        "a/b",          "a@b",  "a?b",      "a#b",     "a\\b",     "a%41",
        "a\"",        "<a>",          "a:b",  "a:80:80",  "a:-1",    "a:+1",     "a:8 0",
        "a:65536",    "a:4294967376", "::1",  "[::1",     "[::1]80", "[]",       "[::g]",
        "[::1%25lo]", "a]",           "a, b", "\xc3\xbc", "a|b",     "http://a",
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char text[100];
        int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        assert_text_refused(400, (gr_slice){text, (size_t)len});
    }
}

static void bare_lf_is_refused(void **state) {
    REFUSED(400, "GET / HTTP/1.1\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\n\n");
    REFUSED(400, "GET / HTTP/1.1\nHost: a\n\n");
    REFUSED(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    FIELDS_REFUSED(400, "X: a\nContent-Length: 5");
}

static void bare_cr_is_refused(void **state) {
    REFUSED(400, "GET / HTTP/1.1\rHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\n\rX: 1\r\n\r\n");
    REFUSED(400, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    FIELDS_REFUSED(400, "X: a\rContent-Length: 5");
    FIELDS_REFUSED(400, "X: a\r\r");
    FIELDS_REFUSED(400, "X\r: a");
}

static void every_control_byte_in_a_value_is_refused(void **state) {
    for (int byte = 0; byte < 256; byte++) {
        if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) continue;
        for (int place = 31; place <= 51; place += 20) {
            char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n";
            text[place] = (char)byte;
            assert_text_refused(400, BYTES(text));
        }
    }
}

static void every_byte_that_is_no_token_is_refused_in_a_name(void **state) {
    static const char tokens[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; byte++) {
        char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n";
        text[26] = (char)byte;
        struct parsed p = parse(BYTES(text));
        bool fine = byte == ':' || (byte && strchr(tokens, byte));
        assert_int_equal(p.result, fine ? HTTP_PARSE_DONE : HTTP_PARSE_REFUSED);
    }
}

static void folded_lines_are_refused(void **state) {
    FIELDS_REFUSED(400, "X: a\r\n b");
    FIELDS_REFUSED(400, "X: a\r\n\tb");
    REFUSED(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
}

static void blanks_before_the_colon_are_refused(void **state) {
    FIELDS_REFUSED(400, "X : a");
    FIELDS_REFUSED(400, "X\t: a");
    FIELDS_REFUSED(400, "Content-Length : 5");
    FIELDS_REFUSED(400, "X Y: a");
}

static void names_that_are_empty_or_lack_a_colon_are_refused(void **state) {
    FIELDS_REFUSED(400, ": a");
    FIELDS_REFUSED(400, ":");
    FIELDS_REFUSED(400, "X");
}

static void a_malformed_content_length_is_refused(void **state) {
    FIELDS_REFUSED(400, "Content-Length:");
    FIELDS_REFUSED(400, "Content-Length: \t");
    FIELDS_REFUSED(400, "Content-Length:\t5");
    FIELDS_REFUSED(400, "Content-Length: \t 5");
    FIELDS_REFUSED(400, "Content-Length: 5 \t");
    FIELDS_REFUSED(400, "Content-Length: -1");
    FIELDS_REFUSED(400, "Content-Length: +1");
    FIELDS_REFUSED(400, "Content-Length: 1 2");
    FIELDS_REFUSED(400, "Content-Length: 0x10");
    FIELDS_REFUSED(400, "Content-Length: 1.0");
    FIELDS_REFUSED(400, "Content-Length: 1e1");
    FIELDS_REFUSED(400, "Content-Length: five");
    FIELDS_REFUSED(400, "Content-Length: \"5\"");
    FIELDS_REFUSED(400, "Content-Length: \xc2\xb2");
    FIELDS_REFUSED(400, "Content-Length: 9223372036854775808");
    FIELDS_REFUSED(400, "Content-Length: 18446744073709551617");
    FIELDS_REFUSED(400, "Content-Length: 99999999999999999999999999999999");
}

static void a_repeated_or_listed_content_length_is_refused_even_if_identical(void **state) {
    FIELDS_REFUSED(400, "Content-Length: 5\r\nContent-Length: 5");
    FIELDS_REFUSED(400, "Content-Length: 5\r\ncontent-length: 6");
    FIELDS_REFUSED(400, "Content-Length: 5, 5");
    FIELDS_REFUSED(400, "Content-Length: 5,");
}

static void content_length_with_transfer_encoding_is_refused(void **state) {
    FIELDS_REFUSED(400, "Content-Length: 5\r\nTransfer-Encoding: chunked");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked\r\nContent-Length: 5");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked\r\nContent-Length: 0");
}

static void a_transfer_coding_we_lack_is_answered_with_501(void **state) {
    FIELDS_REFUSED(501, "Transfer-Encoding: gzip");
    FIELDS_REFUSED(501, "Transfer-Encoding: identity");
    FIELDS_REFUSED(501, "Transfer-Encoding: xchunked");
    FIELDS_REFUSED(501, "Transfer-Encoding: gzip, chunked");
    FIELDS_REFUSED(501, "Transfer-Encoding: chunked, chunked");
}

static void an_obfuscated_transfer_encoding_is_refused(void **state) {
    FIELDS_REFUSED(400, "Transfer-Encoding:");
    FIELDS_REFUSED(400, "Transfer-Encoding: ,chunked");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked,");
    FIELDS_REFUSED(400, "Transfer-Encoding: \"chunked\"");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked;q=1");
    FIELDS_REFUSED(400, "Transfer-Encoding: chun ked");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked\xa0");
    FIELDS_REFUSED(400, "Transfer-Encoding: \vchunked");
    FIELDS_REFUSED(400, "Transfer-Encoding:\tchunked");
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked \t ");
    FIELDS_REFUSED(400, "Transfer-Encoding : chunked");
    FIELDS_REFUSED(400, "Transfer-Encoding\t: chunked");
    FIELDS_REFUSED(400, "X: y\r\n Transfer-Encoding: chunked");
}

static void a_repeated_transfer_encoding_is_refused(void **state) {
    FIELDS_REFUSED(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked");
}

static void transfer_encoding_from_a_1_0_client_is_refused(void **state) {
    REFUSED(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void an_unknown_expectation_is_answered_with_417(void **state) {
    FIELDS_REFUSED(417, "Expect: a cookie");
    FIELDS_REFUSED(417, "Expect:");
    FIELDS_REFUSED(417, "Expect: 100-continue, 100-continue");
}

/* A request whose target is padded to a line, or whose field is padded to a head, of len bytes. */
static gr_slice padded(char *text, size_t room, size_t len, const char *before, const char *after) {
    size_t padding = len - strlen(before) - strlen(after);
    int used = snprintf(text, room, "%s%0*d%s", before, (int)padding, 0, after);
    assert_true(used >= 0 && (size_t)used == len && len < room);
    return (gr_slice){text, len};
}

static void assert_line_limit(uint32_t len, uint32_t limit, bool fine) {
    char text[200];
    struct http_limits limits = {.request_line = limit, .fields = 1, .head = 200};
    gr_slice line = padded(text, sizeof text, len, "GET /", " HTTP/1.1");
    strcpy(text + line.len, "\r\nHost: a\r\n\r\n");
    struct parsed p = parse_within(gr_slice_of(text), &limits);
    if (fine)
        assert_int_equal(p.result, HTTP_PARSE_DONE);
    else
        assert_refused(&p, 414);
}

static void a_request_line_over_its_limit_is_answered_with_414(void **state) {
    assert_line_limit(49, 50, true);
    assert_line_limit(50, 50, true);
    assert_line_limit(51, 50, false);
    assert_line_limit(52, 50, false);
    assert_line_limit(150, 50, false);
}

static void an_empty_line_before_it_does_not_count_for_the_request_line(void **state) {
    struct http_limits limits = {.request_line = 14, .fields = 1, .head = 200};
    struct parsed p = parse_within(BYTES("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), &limits);
    assert_int_equal(p.result, HTTP_PARSE_DONE);
}

static void an_endless_request_line_is_refused_before_it_ends(void **state) {
    struct http_limits limits = {.request_line = 50, .fields = 1, .head = 200};
    char text[60];
    gr_slice line = padded(text, sizeof text, 54, "GET /", "0");
    struct parsed p = parse_within(line, &limits);
    assert_refused(&p, 414);
}

static void assert_head_limit(uint32_t len, uint32_t limit, bool fine) {
    char text[200];
    struct http_limits limits = {.request_line = 50, .fields = 2, .head = limit};
    gr_slice head = padded(text, sizeof text, len, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n");
    struct parsed p = parse_within(head, &limits);
    if (fine)
        assert_int_equal(p.result, HTTP_PARSE_DONE);
    else
        assert_refused(&p, 431);
}

static void a_head_over_its_limit_is_answered_with_431(void **state) {
    assert_head_limit(99, 100, true);
    assert_head_limit(100, 100, true);
    assert_head_limit(101, 100, false);
    assert_head_limit(102, 100, false);
    assert_head_limit(103, 100, false);
    assert_head_limit(104, 100, false);
    assert_head_limit(180, 100, false);
}

static void what_follows_a_head_does_not_count_for_its_limit(void **state) {
    struct http_limits limits = {.request_line = 50, .fields = 1, .head = 27};
    struct parsed p = parse_whole(BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\nabcdefgh"), &limits);
    assert_int_equal(p.result, HTTP_PARSE_DONE);
    assert_int_equal(p.head.size, 27);
}

static void an_endless_head_is_refused_before_it_ends(void **state) {
    struct http_limits limits = {.request_line = 50, .fields = 2, .head = 100};
    char text[200];
    gr_slice head = padded(text, sizeof text, 100, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "0");
    struct parsed p = parse_within(head, &limits);
    assert_refused(&p, 431);
}

static void a_body_over_its_limit_is_answered_with_413(void **state) {
    struct http_limits limits = {.request_line = 50, .fields = 2, .head = 200, .body = 99};
    gr_slice at = BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
    gr_slice over = BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
    struct parsed p = parse_within(at, &limits);
    assert_int_equal(p.result, HTTP_PARSE_DONE);
    p = parse_within(over, &limits);
    assert_refused(&p, 413);
    limits.body = 0;
    p = parse_within(over, &limits);
    assert_int_equal(p.result, HTTP_PARSE_DONE);
}

static enum http_parse parse_fields_within(uint32_t limit) {
    struct http_limits limits = {.request_line = 50, .fields = limit, .head = 200};
    struct parsed p =
        parse_within(BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nZ: 3\r\n\r\n"), &limits);
    if (p.result == HTTP_PARSE_REFUSED) assert_int_equal(p.status, 431);
    return p.result;
}

static void more_fields_than_the_limit_are_answered_with_431(void **state) {
    assert_int_equal(parse_fields_within(5), HTTP_PARSE_DONE);
    assert_int_equal(parse_fields_within(4), HTTP_PARSE_DONE);
    assert_int_equal(parse_fields_within(3), HTTP_PARSE_REFUSED);
    assert_int_equal(parse_fields_within(0), HTTP_PARSE_REFUSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_does_not_start_with_a_method_is_refused),
        cmocka_unit_test(garbage_is_refused_at_its_first_byte),
        cmocka_unit_test(more_than_one_space_in_the_request_line_is_refused),
        cmocka_unit_test(other_blanks_in_the_request_line_are_refused),
        cmocka_unit_test(every_control_and_non_ascii_byte_in_the_target_is_refused),
        cmocka_unit_test(a_fragment_in_the_target_is_refused),
        cmocka_unit_test(a_malformed_version_is_refused),
        cmocka_unit_test(a_request_without_version_is_refused),
        cmocka_unit_test(another_major_version_is_answered_with_505),
        cmocka_unit_test(connect_is_answered_with_501),
        cmocka_unit_test(a_target_of_no_form_is_refused),
        cmocka_unit_test(the_asterisk_is_for_options_alone),
        cmocka_unit_test(an_absolute_target_with_a_malformed_authority_is_refused),
        cmocka_unit_test(a_missing_host_is_refused),
        cmocka_unit_test(a_second_host_is_refused),
        cmocka_unit_test(a_host_other_than_that_of_an_absolute_target_is_refused),
        cmocka_unit_test(a_host_with_illegal_characters_is_refused),
        cmocka_unit_test(bare_lf_is_refused),
        cmocka_unit_test(bare_cr_is_refused),
        cmocka_unit_test(every_control_byte_in_a_value_is_refused),
        cmocka_unit_test(every_byte_that_is_no_token_is_refused_in_a_name),
        cmocka_unit_test(folded_lines_are_refused),
        cmocka_unit_test(blanks_before_the_colon_are_refused),
        cmocka_unit_test(names_that_are_empty_or_lack_a_colon_are_refused),
        cmocka_unit_test(a_malformed_content_length_is_refused),
        cmocka_unit_test(a_repeated_or_listed_content_length_is_refused_even_if_identical),
        cmocka_unit_test(content_length_with_transfer_encoding_is_refused),
        cmocka_unit_test(a_transfer_coding_we_lack_is_answered_with_501),
        cmocka_unit_test(an_obfuscated_transfer_encoding_is_refused),
        cmocka_unit_test(a_repeated_transfer_encoding_is_refused),
        cmocka_unit_test(transfer_encoding_from_a_1_0_client_is_refused),
        cmocka_unit_test(an_unknown_expectation_is_answered_with_417),
        cmocka_unit_test(a_request_line_over_its_limit_is_answered_with_414),
        cmocka_unit_test(an_empty_line_before_it_does_not_count_for_the_request_line),
        cmocka_unit_test(an_endless_request_line_is_refused_before_it_ends),
        cmocka_unit_test(a_head_over_its_limit_is_answered_with_431),
        cmocka_unit_test(what_follows_a_head_does_not_count_for_its_limit),
        cmocka_unit_test(an_endless_head_is_refused_before_it_ends),
        cmocka_unit_test(a_body_over_its_limit_is_answered_with_413),
        cmocka_unit_test(more_fields_than_the_limit_are_answered_with_431),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
