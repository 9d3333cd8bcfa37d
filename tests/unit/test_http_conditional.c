/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "http/conditional.h"
#include "http/response_head.h"

static const int64_t NOW = 1000000000;     /* Sun, 09 Sep 2001 01:46:40 GMT */
static const int64_t MODIFIED = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
static const char DATE[] = "Sun, 06 Nov 1994 08:49:37 GMT";

static const struct http_validators file = {{"\"abc\"", 5}, 784111777};

static gr_slice of(const char *text) { return gr_slice_of(text); }

/* ---- dates ---- */

static int64_t parsed(const char *text) {
    int64_t seconds = -1;
    return http_date_parse(of(text), NOW, &seconds) ? seconds : INT64_MIN;
}

static void a_date_may_have_any_of_three_forms(void **state) {
    assert_int_equal(parsed(DATE), MODIFIED);
    assert_int_equal(parsed("Sunday, 06-Nov-94 08:49:37 GMT"), MODIFIED);
    assert_int_equal(parsed("Sun Nov  6 08:49:37 1994"), MODIFIED);
    assert_int_equal(parsed("Wed Nov 16 08:49:37 1994"), MODIFIED + 10 * 86400);
    assert_int_equal(parsed("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_int_equal(parsed("Wed, 31 Dec 1969 23:59:59 GMT"), -1);
    assert_int_equal(parsed("Tue, 29 Feb 2000 12:00:00 GMT"), 951825600);
}

static void a_year_of_two_digits_is_at_most_fifty_years_ahead(void **state) {
    assert_int_equal(parsed("Friday, 01-Jan-49 00:00:00 GMT"),
                     parsed("Fri, 01 Jan 2049 00:00:00 GMT"));
    assert_int_equal(parsed("Friday, 01-Jan-54 00:00:00 GMT"),
                     parsed("Fri, 01 Jan 1954 00:00:00 GMT"));
}

static void what_we_print_is_what_we_read(void **state) {
    for (int64_t at = 0; at < INT64_C(253402300799); at += 86400 * 11 + 3607) {
        char text[HTTP_DATE_LENGTH];
        int64_t back;
        http_date(text, at);
        assert_true(http_date_parse((gr_slice){text, sizeof text}, NOW, &back));
        assert_int_equal(back, at);
    }
}

static void what_is_no_date_is_none(void **state) {
    static const char *const texts[] = {
        "",
        "Sun",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        ",",
        ", ",
        "Sun Nov 6 08:49:37 1994",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (parsed(texts[i]) != INT64_MIN) print_message("%s\n", texts[i]);
        assert_int_equal(parsed(texts[i]), INT64_MIN);
    }
}

/* ---- conditions ---- */

static enum http_condition with(struct http_preconditions asked) {
    return http_condition(&asked, &file, NOW);
}

static void without_conditions_the_answer_is_given(void **state) {
    assert_int_equal(with((struct http_preconditions){0}), HTTP_CONDITION_HOLDS);
}

static void a_client_that_has_it_is_told_so(void **state) {
    static const char *const lists[] = {"\"abc\"",        "W/\"abc\"",         "*",
                                        "\"x\", \"abc\"", ",, \"abc\" ,\"y\"", "\"x,y\",\"abc\""};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(with((struct http_preconditions){.if_none_match = of(lists[i])}),
                         HTTP_CONDITION_UNCHANGED);
    assert_int_equal(with((struct http_preconditions){.if_modified_since = of(DATE)}),
                     HTTP_CONDITION_UNCHANGED);
}

static void a_client_that_has_another_gets_it(void **state) {
    static const char *const lists[] = {"\"abd\"",      "abc",   "\"abc",     "",
                                        "\"x\"\"abc\"", "W/abc", "w/\"abc\"", "\"x\" \"abc\""};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(with((struct http_preconditions){.if_none_match = of(lists[i])}),
                         HTTP_CONDITION_HOLDS);
    assert_int_equal(
        with((struct http_preconditions){.if_modified_since = of("Sun, 06 Nov 1994 08:49:36 GMT")}),
        HTTP_CONDITION_HOLDS);
    assert_int_equal(with((struct http_preconditions){.if_modified_since = of("yesterday")}),
                     HTTP_CONDITION_HOLDS);
}

static void an_entity_tag_counts_for_more_than_a_date(void **state) {
    assert_int_equal(with((struct http_preconditions){.if_none_match = of("\"x\""),
                                                      .if_modified_since = of(DATE)}),
                     HTTP_CONDITION_HOLDS);
}

static void a_condition_on_what_is_to_be_changed_may_fail(void **state) {
    assert_int_equal(with((struct http_preconditions){.if_match = of("\"abc\"")}),
                     HTTP_CONDITION_HOLDS);
    assert_int_equal(with((struct http_preconditions){.if_match = of("*")}), HTTP_CONDITION_HOLDS);
    assert_int_equal(with((struct http_preconditions){.if_match = of("W/\"abc\"")}),
                     HTTP_CONDITION_FAILS);
    assert_int_equal(
        with((struct http_preconditions){.if_match = of("\"x\""), .if_none_match = of("\"abc\"")}),
        HTTP_CONDITION_FAILS);
    assert_int_equal(with((struct http_preconditions){.if_unmodified_since = of(DATE)}),
                     HTTP_CONDITION_HOLDS);
    assert_int_equal(with((struct http_preconditions){.if_unmodified_since =
                                                          of("Sun, 06 Nov 1994 08:49:36 GMT")}),
                     HTTP_CONDITION_FAILS);
}

/* ---- ranges ---- */

static int64_t offset, len;

static enum http_range_kind ranged(const char *range, const char *if_range, int64_t size) {
    struct http_preconditions asked = {.range = of(range)};
    if (if_range) asked.if_range = of(if_range);
    offset = len = -1;
    return http_range(&asked, &file, size, NOW, &offset, &len);
}

static void assert_part(const char *range, int64_t size, int64_t first, int64_t count) {
    assert_int_equal(ranged(range, NULL, size), HTTP_RANGE_PARTIAL);
    assert_int_equal(offset, first);
    assert_int_equal(len, count);
}

static void a_range_is_cut_to_what_there_is(void **state) {
    assert_part("bytes=0-0", 10, 0, 1);
    assert_part("bytes=2-4", 10, 2, 3);
    assert_part("bytes=2-", 10, 2, 8);
    assert_part("bytes=-3", 10, 7, 3);
    assert_part("bytes=-30", 10, 0, 10);
    assert_part("bytes=9-9", 10, 9, 1);
    assert_part("bytes=0-99999999999999999999999999", 10, 0, 10);
    assert_part("BYTES=0-4", 10, 0, 5);
}

static void a_range_behind_the_end_cannot_be_had(void **state) {
    assert_int_equal(ranged("bytes=10-", NULL, 10), HTTP_RANGE_OUTSIDE);
    assert_int_equal(ranged("bytes=10-12", NULL, 10), HTTP_RANGE_OUTSIDE);
    assert_int_equal(ranged("bytes=-0", NULL, 10), HTTP_RANGE_OUTSIDE);
    assert_int_equal(ranged("bytes=0-", NULL, 0), HTTP_RANGE_OUTSIDE);
    assert_int_equal(ranged("bytes=99999999999999999999999999-", NULL, 10), HTTP_RANGE_OUTSIDE);
}

static void what_is_no_single_range_gets_the_whole(void **state) {
    static const char *const ranges[] = {"",           "bytes",         "bytes=",     "bytes=-",
                                         "bytes=4-2",  "bytes=0-1,3-4", "bytes=a-b",  "items=0-1",
                                         "bytes=0-1 ", "bytes= 0-1",    "bytes=+0-1", "bytes=0--1",
                                         "bytes=0"};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        assert_int_equal(ranged(ranges[i], NULL, 10), HTTP_RANGE_NONE);
}

static void a_range_of_something_else_gets_the_whole(void **state) {
    assert_int_equal(ranged("bytes=0-1", "\"abc\"", 10), HTTP_RANGE_PARTIAL);
    assert_int_equal(ranged("bytes=0-1", DATE, 10), HTTP_RANGE_PARTIAL);
    static const char *const others[] = {"\"x\"", "W/\"abc\"", "abc", "",
                                         "Sun, 06 Nov 1994 08:49:38 GMT"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(ranged("bytes=0-1", others[i], 10), HTTP_RANGE_NONE);
}

/* ---- content codings ---- */

static int weight(const char *accepted, const char *coding) {
    return http_coding_weight(of(accepted), of(coding));
}

static void a_coding_has_the_weight_it_is_given(void **state) {
    assert_int_equal(weight("gzip", "gzip"), 1000);
    assert_int_equal(weight("gzip, deflate, br", "br"), 1000);
    assert_int_equal(weight("GZIP;q=0.5", "gzip"), 500);
    assert_int_equal(weight("br ; q=0.001 , gzip", "br"), 1);
    assert_int_equal(weight("gzip;Q=1.000", "gzip"), 1000);
    assert_int_equal(weight("gzip;q=0", "gzip"), 0);
    assert_int_equal(weight("x-gzip", "gzip"), 0);
    assert_int_equal(weight("", "gzip"), 0);
    assert_int_equal(http_coding_weight((gr_slice){NULL, 0}, of("gzip")), 0);
    assert_int_equal(http_coding_weight((gr_slice){NULL, 0}, of("identity")), 1000);
}

static void a_star_stands_for_the_others(void **state) {
    assert_int_equal(weight("*", "br"), 1000);
    assert_int_equal(weight("gzip;q=0.2, *;q=0.1", "br"), 100);
    assert_int_equal(weight("*;q=0, gzip", "gzip"), 1000);
    assert_int_equal(weight("*;q=0", "identity"), 0);
    assert_int_equal(weight("gzip", "identity"), 1000);
}

static void a_weight_that_is_none_counts_as_none(void **state) {
    static const char *const wrong[] = {
        "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=",   "gzip;q",
        "gzip;x=1", "gzip;q=-1",    "gzip;q=.5",     "gzip;q=1.", "gzip;"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int expected = strcmp(wrong[i], "gzip;q=1.") == 0 ? 1000 : 0;
        assert_int_equal(weight(wrong[i], "gzip"), expected);
    }
}

static void a_coding_that_is_not_named_is_given_no_weight(void **state) {
    assert_int_equal(http_coding_given(of("gzip;q=0.5, identity;q=0.2"), of("identity")), 200);
    assert_int_equal(http_coding_given(of("gzip;q=0.5, *"), of("identity")), -1);
    assert_int_equal(http_coding_given(of("gzip;q=0"), of("gzip")), 0);
    assert_int_equal(http_coding_given((gr_slice){NULL, 0}, of("gzip")), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_may_have_any_of_three_forms),
        cmocka_unit_test(a_year_of_two_digits_is_at_most_fifty_years_ahead),
        cmocka_unit_test(what_we_print_is_what_we_read),
        cmocka_unit_test(what_is_no_date_is_none),
        cmocka_unit_test(without_conditions_the_answer_is_given),
        cmocka_unit_test(a_client_that_has_it_is_told_so),
        cmocka_unit_test(a_client_that_has_another_gets_it),
        cmocka_unit_test(an_entity_tag_counts_for_more_than_a_date),
        cmocka_unit_test(a_condition_on_what_is_to_be_changed_may_fail),
        cmocka_unit_test(a_range_is_cut_to_what_there_is),
        cmocka_unit_test(a_range_behind_the_end_cannot_be_had),
        cmocka_unit_test(what_is_no_single_range_gets_the_whole),
        cmocka_unit_test(a_range_of_something_else_gets_the_whole),
        cmocka_unit_test(a_coding_has_the_weight_it_is_given),
        cmocka_unit_test(a_star_stands_for_the_others),
        cmocka_unit_test(a_weight_that_is_none_counts_as_none),
        cmocka_unit_test(a_coding_that_is_not_named_is_given_no_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
