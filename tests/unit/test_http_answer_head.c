/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "http/answer_head.h"

enum { FIELDS = 8 };

static const struct http_answer_limits limits = {.fields = FIELDS, .head = 1024};

struct parsed {
    enum http_parse result;
    struct http_answer_head head;
    struct http_field fields[FIELDS];
    const char *why;
};

/* In pieces that grow by step bytes, in memory of exactly their size. */
static struct parsed parse(const char *text, size_t step, enum http_asked asked) {
    struct parsed parsed = {.result = HTTP_PARSE_INCOMPLETE, .why = ""};
    size_t len = strlen(text), shown = 0;
    uint32_t scanned = 0;
    while (parsed.result == HTTP_PARSE_INCOMPLETE && shown < len) {
        shown = len - shown < step ? len : shown + step;
        char *copy = malloc(shown);
        memcpy(copy, text, shown);
        parsed.result = http_answer_parse(copy, shown, asked, &limits, &parsed.head, parsed.fields,
                                          &scanned, &parsed.why);
        free(copy);
    }
    return parsed;
}

static struct http_answer_head accepted(const char *text, enum http_asked asked) {
    struct parsed whole = parse(text, strlen(text), asked), pieces = parse(text, 1, asked);
    assert_string_equal(whole.why, "");
    assert_int_equal(whole.result, HTTP_PARSE_DONE);
    assert_memory_equal(&whole.head, &pieces.head, sizeof whole.head);
    return whole.head;
}

static void assert_refused(const char *text, const char *why) {
    assert_string_equal(parse(text, strlen(text), HTTP_ASKED).why, why);
    assert_string_equal(parse(text, 1, HTTP_ASKED).why, why);
}

#define HEAD(lines) "HTTP/1.1 200 OK\r\n" lines "\r\n"

static void a_status_line_is_read(void **state) {
    static const char text[] = "HTTP/1.1 404 Not Here\r\n\r\n";
    struct http_answer_head head = accepted(text, HTTP_ASKED);
    assert_int_equal(head.status, 404);
    assert_int_equal(head.minor, 1);
    assert_int_equal(head.size, sizeof text - 1);
    assert_memory_equal(text + head.reason.at, "Not Here", head.reason.len);
    assert_int_equal(accepted("HTTP/1.0 200 \r\n\r\n", HTTP_ASKED).reason.len, 0);
    assert_int_equal(accepted("HTTP/1.7 200\r\n\r\n", HTTP_ASKED).minor, 1);
}

static void what_is_no_status_line_is_refused(void **state) {
    static const char why[] = "it does not begin with an HTTP status line";
    assert_refused("220 mail.test ESMTP\r\n", why);
    assert_refused("\r\nHTTP/1.1 200 OK\r\n\r\n", why);
    assert_refused("HTTP/1.1  200 OK\r\n\r\n", why);
    assert_refused("HTTP/1.1 20 OK\r\n\r\n", why);
    assert_refused("http/1.1 200 OK\r\n\r\n", why);
    assert_refused("HTTP/1.1 2000 OK\r\n\r\n", "malformed status");
    assert_refused("HTTP/2.0 200 OK\r\n\r\n", "HTTP version is not 1.x");
    assert_refused("HTTP/1.1 600 OK\r\n\r\n", "status is not from 100 to 599");
    assert_refused("HTTP/1.1 099 OK\r\n\r\n", "status is not from 100 to 599");
}

static void lines_end_with_cr_and_lf(void **state) {
    assert_refused("HTTP/1.1 200 OK\nA: b\n\n", "LF without CR");
    assert_refused("HTTP/1.1 200 OK\rA: b\r\n\r\n", "CR without LF");
    assert_refused(HEAD("A: b\rc\r\n"), "CR without LF");
    assert_refused(HEAD("A: b\n"), "LF without CR");
    assert_refused(HEAD("A: b\r\n c\r\n"), "folded field line");
    assert_refused(HEAD("A: b\x01\r\n"), "control character in a field value");
}

static void the_framing_follows_from_the_fields(void **state) {
    struct http_answer_head head = accepted(HEAD("Content-Length: 12\r\n"), HTTP_ASKED);
    assert_int_equal(head.framing, HTTP_FRAMING_LENGTH);
    assert_int_equal(head.content_length, 12);
    assert_int_equal(accepted(HEAD("Content-Length: 0\r\n"), HTTP_ASKED).framing,
                     HTTP_FRAMING_NONE);
    assert_int_equal(accepted(HEAD("transfer-encoding: Chunked\r\n"), HTTP_ASKED).framing,
                     HTTP_FRAMING_CHUNKED);
    head = accepted(HEAD(""), HTTP_ASKED);
    assert_int_equal(head.framing, HTTP_FRAMING_CLOSE);
    assert_int_equal(head.content_length, -1);
    assert_false(head.keep_alive);
}

static void a_framing_that_can_be_read_in_two_ways_is_refused(void **state) {
    assert_refused(HEAD("Content-Length: 1\r\nContent-Length: 1\r\n"),
                   "more than one Content-Length");
    assert_refused(HEAD("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
                   "both Content-Length and Transfer-Encoding");
    assert_refused(HEAD("Content-Length: 1, 1\r\n"), "malformed Content-Length");
    assert_refused(HEAD("Content-Length: +1\r\n"), "malformed Content-Length");
    assert_refused(HEAD("Content-Length:\t1\r\n"), "tab around Content-Length");
    assert_refused(HEAD("Transfer-Encoding: gzip, chunked\r\n"),
                   "transfer coding other than chunked");
    assert_refused(HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                   "more than one Transfer-Encoding");
    assert_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "Transfer-Encoding from an HTTP/1.0 server");
}

static void what_was_asked_and_the_status_decide_about_a_body(void **state) {
    assert_int_equal(accepted(HEAD("Content-Length: 9\r\n"), HTTP_ASKED_HEAD).framing,
                     HTTP_FRAMING_NONE);
    assert_int_equal(accepted(HEAD(""), HTTP_ASKED_CONNECT).framing, HTTP_FRAMING_NONE);
    assert_int_equal(accepted("HTTP/1.1 407 No\r\n\r\n", HTTP_ASKED_CONNECT).framing,
                     HTTP_FRAMING_CLOSE);
    assert_int_equal(accepted("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", HTTP_ASKED).framing,
                     HTTP_FRAMING_NONE);
    assert_int_equal(accepted("HTTP/1.1 100 Continue\r\n\r\n", HTTP_ASKED).framing,
                     HTTP_FRAMING_NONE);
}

static void the_connection_is_kept_where_both_sides_allow(void **state) {
    assert_true(accepted(HEAD("Content-Length: 0\r\n"), HTTP_ASKED).keep_alive);
    assert_false(
        accepted(HEAD("Content-Length: 0\r\nConnection: x, CLOSE\r\n"), HTTP_ASKED).keep_alive);
    assert_false(accepted("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", HTTP_ASKED).keep_alive);
    assert_true(accepted("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
                         HTTP_ASKED)
                    .keep_alive);
}

static void who_announces_a_body_where_there_is_none_is_not_trusted_with_another(void **state) {
    assert_false(accepted("HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n", HTTP_ASKED).keep_alive);
    assert_false(
        accepted("HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_ASKED).keep_alive);
    assert_true(accepted("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", HTTP_ASKED).keep_alive);
}

static void limits_hold(void **state) {
    char text[1400] = "HTTP/1.1 200 OK\r\nA: ";
    assert_refused(HEAD("A:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\nF:1\r\nG:1\r\nH:1\r\nI:1\r\n"),
                   "too many fields");
    memset(text + strlen(text), 'a', 1200);
    assert_refused(text, "head too large");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_line_is_read),
        cmocka_unit_test(what_is_no_status_line_is_refused),
        cmocka_unit_test(lines_end_with_cr_and_lf),
        cmocka_unit_test(the_framing_follows_from_the_fields),
        cmocka_unit_test(a_framing_that_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(what_was_asked_and_the_status_decide_about_a_body),
        cmocka_unit_test(the_connection_is_kept_where_both_sides_allow),
        cmocka_unit_test(who_announces_a_body_where_there_is_none_is_not_trusted_with_another),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
