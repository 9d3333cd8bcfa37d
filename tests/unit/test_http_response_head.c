/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <time.h>

#include "http/response_head.h"

#define BYTES(literal) ((gr_slice){literal, sizeof literal - 1})

static void registered_codes_have_a_reason(void **state) {
    assert_string_equal(http_reason(100), "Continue");
    assert_string_equal(http_reason(200), "OK");
    assert_string_equal(http_reason(404), "Not Found");
    assert_string_equal(http_reason(511), "Network Authentication Required");
}

static void other_codes_are_unknown(void **state) {
    static const int codes[] = {-1, 0, 99, 299, 418, 512, 599, 600, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_string_equal(http_reason(codes[i]), "Unknown");
}

static void a_token_is_neither_empty_nor_has_separators(void **state) {
    assert_true(http_is_token(BYTES("X-Custom_1.a!")));
    assert_false(http_is_token((gr_slice){NULL, 0}));
    assert_false(http_is_token(BYTES("")));
    assert_false(http_is_token(BYTES("a b")));
    assert_false(http_is_token(BYTES("a:")));
    assert_false(http_is_token(BYTES("a\0")));
    assert_false(http_is_token(BYTES("a\r\n")));
    assert_false(http_is_token(BYTES("\xc3\xbc")));
}

static void a_field_value_has_no_control_character_but_tab(void **state) {
    assert_true(http_is_field_value((gr_slice){NULL, 0}));
    for (int byte = 0; byte < 256; byte++) {
        bool fine = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        for (int place = 0; place < 20; place++) {
            char text[20];
            memset(text, 'a', sizeof text);
            text[place] = (char)byte;
            assert_int_equal(http_is_field_value((gr_slice){text, sizeof text}), fine);
        }
    }
}

static void hop_by_hop_fields_are_known_in_any_case(void **state) {
    static const char *const names[] = {
        "connection", "KEEP-ALIVE", "Proxy-Authenticate", "proxy-authorization",
        "te",         "Trailer",    "trailers",           "TRANSFER-encoding",
        "Upgrade",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(http_field_kind(gr_slice_of(names[i])), HTTP_FIELD_HOP_BY_HOP);
}

static void content_length_and_date_are_kinds_of_their_own(void **state) {
    assert_int_equal(http_field_kind(BYTES("content-length")), HTTP_FIELD_CONTENT_LENGTH);
    assert_int_equal(http_field_kind(BYTES("DATE")), HTTP_FIELD_DATE);
}

static void other_fields_are_plain(void **state) {
    static const char *const names[] = {"", "T", "Content-Type", "Dates", "Data", "X-Connection"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(http_field_kind(gr_slice_of(names[i])), HTTP_FIELD_PLAIN);
}

static void a_content_length_is_digits_up_to_the_largest_int64(void **state) {
    int64_t value = 0;
    assert_true(http_content_length(BYTES("0"), &value) && value == 0);
    assert_true(http_content_length(BYTES("0010"), &value) && value == 10);
    assert_true(http_content_length(BYTES("9223372036854775806"), &value));
    assert_true(value == INT64_MAX - 1);
    assert_true(http_content_length(BYTES("9223372036854775807"), &value) && value == INT64_MAX);
    assert_false(http_content_length(BYTES("9223372036854775808"), &value));
    assert_false(http_content_length(BYTES("92233720368547758070"), &value));
    assert_false(http_content_length((gr_slice){NULL, 0}, &value));
    assert_false(http_content_length(BYTES("+1"), &value));
    assert_false(http_content_length(BYTES(" 1"), &value));
    assert_false(http_content_length(BYTES("1 "), &value));
    assert_false(http_content_length(BYTES("1,1"), &value));
}

static void interim_204_and_304_responses_carry_no_body(void **state) {
    assert_false(http_status_has_body(100));
    assert_false(http_status_has_body(199));
    assert_false(http_status_has_body(204));
    assert_false(http_status_has_body(304));
    assert_true(http_status_has_body(200));
    assert_true(http_status_has_body(205));
    assert_true(http_status_has_body(500));
}

static void assert_date(int64_t seconds, const char *expected) {
    char date[HTTP_DATE_LENGTH + 1] = {0};
    http_date(date, seconds);
    assert_string_equal(date, expected);
}

static void dates_are_written_as_imf_fixdate(void **state) {
    assert_date(784111777, "Sun, 06 Nov 1994 08:49:37 GMT"); /* RFC 9110, 5.6.7 */
    assert_date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_date(951782399, "Mon, 28 Feb 2000 23:59:59 GMT");
    assert_date(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
    assert_date(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT");
}

static void dates_out_of_range_are_the_nearest_in_it(void **state) {
    assert_date(-1, "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_date(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_date(253402300800, "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_date(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void dates_agree_with_libc(void **state) {
    for (int64_t seconds = 0; seconds < 8000000000; seconds += 54321 * 60 + 7) {
        char expected[HTTP_DATE_LENGTH + 1];
        struct tm tm;
        time_t when = (time_t)seconds;
        gmtime_r(&when, &tm);
        strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        assert_date(seconds, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registered_codes_have_a_reason),
        cmocka_unit_test(other_codes_are_unknown),
        cmocka_unit_test(a_token_is_neither_empty_nor_has_separators),
        cmocka_unit_test(a_field_value_has_no_control_character_but_tab),
        cmocka_unit_test(hop_by_hop_fields_are_known_in_any_case),
        cmocka_unit_test(content_length_and_date_are_kinds_of_their_own),
        cmocka_unit_test(other_fields_are_plain),
        cmocka_unit_test(a_content_length_is_digits_up_to_the_largest_int64),
        cmocka_unit_test(interim_204_and_304_responses_carry_no_body),
        cmocka_unit_test(dates_are_written_as_imf_fixdate),
        cmocka_unit_test(dates_out_of_range_are_the_nearest_in_it),
        cmocka_unit_test(dates_agree_with_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
