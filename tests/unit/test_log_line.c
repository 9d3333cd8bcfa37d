/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "log/line.h"
#include "log/stamp.h"

static const struct log_style text_style = {LOG_FORMAT_TEXT, false};
static const struct log_style json_style = {LOG_FORMAT_JSON, false};
static const struct log_style colour_style = {LOG_FORMAT_TEXT, true};

/* 2026-11-22 00:16:30.123456 in Berlin */
static const int64_t moment = INT64_C(1795302990123456000);

static int begin(void **state) {
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return 0;
}

/* A line of shop.cart, of worker 3, process 412. */
static const char *made(const struct log_style *style, const char *message, const char *exception,
                        const char *members) {
    static char memory[4096];
    struct log_line line;
    struct log_head head = {.time = moment,
                            .level = LOG_WARNING,
                            .logger = gr_slice_of("shop.cart"),
                            .request_id = gr_slice_of("1ed5-2a"),
                            .worker = 3,
                            .pid = 412};
    log_line_begin(&line, memory, sizeof memory - 1, style, &head);
    log_line_message(&line, gr_slice_of(message));
    if (members) log_line_members(&line, gr_slice_of(members));
    if (exception) log_line_exception(&line, gr_slice_of(exception));
    gr_slice whole = log_line_end(&line);
    memory[whole.len] = '\0';
    return memory;
}

#define TEXT_HEAD "2026-11-22 00:16:30.123 [worker 3] warning shop.cart 1ed5-2a: "
#define JSON_HEAD                                                                               \
    "{\"time\":\"2026-11-21T23:16:30.123456Z\",\"level\":\"warning\",\"logger\":\"shop.cart\"," \
    "\"worker\":3,\"pid\":412,\"request_id\":\"1ed5-2a\""

static void a_line_says_when_how_grave_who_and_for_which_request(void **state) {
    assert_string_equal(made(&text_style, "stock is low\n", NULL, NULL),
                        TEXT_HEAD "stock is low\n");
    assert_string_equal(made(&json_style, "stock is low\n", NULL, NULL),
                        JSON_HEAD ",\"message\":\"stock is low\"}\n");
}

static void a_line_of_a_mule_says_which(void **state) {
    char memory[2048];
    struct log_line line;
    struct log_head head = {.logger = gr_slice_of("shop"), .worker = LOG_MULES + 2};
    log_line_begin(&line, memory, sizeof memory - 1, &text_style, &head);
    memory[log_line_end(&line).len] = '\0';
    assert_non_null(strstr(memory, " [mule 2] "));
    log_line_begin(&line, memory, sizeof memory - 1, &json_style, &head);
    memory[log_line_end(&line).len] = '\0';
    assert_non_null(strstr(memory, ",\"mule\":2"));
    assert_null(strstr(memory, "worker"));
}

static void an_exception_stays_with_its_record(void **state) {
    const char *exception = "Traceback:\n  File \"a.py\"\nE: x\n";
    assert_string_equal(made(&text_style, "failed", exception, NULL),
                        TEXT_HEAD "failed\n    Traceback:\n      File \"a.py\"\n    E: x\n");
    assert_string_equal(made(&json_style, "failed", exception, "\"user\":3"),
                        JSON_HEAD ",\"message\":\"failed\",\"user\":3,"
                                  "\"exception\":\"Traceback:\\n  File \\\"a.py\\\"\\nE: x\"}\n");
}

static void a_message_cannot_pass_for_another_record(void **state) {
    assert_string_equal(made(&text_style, "a\n2026-11-22 00:16:30.123 [master] error", NULL, NULL),
                        TEXT_HEAD "a\n    2026-11-22 00:16:30.123 [master] error\n");
    assert_string_equal(made(&json_style, "a\"},{\"\\\n", NULL, NULL),
                        JSON_HEAD ",\"message\":\"a\\\"},{\\\"\\\\\"}\n");
}

static void nothing_that_commands_a_terminal_is_left(void **state) {
    const char *message = "\x1b[2J\r\x7f\b|\xc2\x9b"
                          "31m|\xe2\x80\xae|\xff|\xe2\x82|t\tab";
    assert_string_equal(
        made(&text_style, message, NULL, NULL),
        TEXT_HEAD "\\x1b[2J\\x0d\\x7f\\x08|\\xc2\\x9b31m|\\xe2\\x80\\xae|\\xff|\\xe2\\x82|t\tab\n");
    assert_string_equal(made(&json_style, message, NULL, NULL), JSON_HEAD
                        ",\"message\":\"\\u001b[2J\\u000d\\u007f\\u0008|\\\\xc2\\\\x9b31m|"
                        "\\\\xe2\\\\x80\\\\xae|\\\\xff|\\\\xe2\\\\x82|t\\tab\"}\n");
}

static void what_is_text_stays_as_it_is(void **state) {
    const char *message = "Gr\xc3\xbc\xc3\x9f"
                          "e \xe2\x82\xac \xf0\x9f\x8e\xad C:\\x";
    char expected[200];
    snprintf(expected, sizeof expected, TEXT_HEAD "%s\n", message);
    assert_string_equal(made(&text_style, message, NULL, NULL), expected);
}

static void what_is_too_long_is_cut_and_says_so(void **state) {
    static char message[10000];
    memset(message, '"', sizeof message - 1);
    const char *text = made(&text_style, message, "lost", NULL);
    assert_in_range(strlen(text), 4000, 4095);
    assert_string_equal(text + strlen(text) - 8, "\" [cut]\n");
    text = made(&json_style, message, "lost", "\"lost\":1");
    assert_in_range(strlen(text), 4000, 4095);
    assert_string_equal(text + strlen(text) - 11, "\\\" [cut]\"}\n");
}

static void the_longest_head_fits(void **state) {
    static char name[200], memory[LOG_LINE_MIN];
    memset(name, '\n', sizeof name);
    struct log_line line;
    gr_slice odd = {name, sizeof name};
    char id[128];
    memset(id, 'i', sizeof id);
    struct log_head head = {.time = moment,
                            .level_name = odd,
                            .logger = odd,
                            .request_id = {id, 128},
                            .trace_id = {id, 32},
                            .pid = 1 << 30};
    log_line_begin(&line, memory, sizeof memory, &json_style, &head);
    log_line_message(&line, gr_slice_of("m"));
    gr_slice whole = log_line_end(&line);
    assert_memory_equal(whole.data + whole.len - 16, ",\"message\":\"m\"}\n", 16);
}

static void the_level_has_a_colour_on_a_terminal(void **state) {
    assert_non_null(
        strstr(made(&colour_style, "m", NULL, NULL), "] \033[33mwarning\033[0m shop.cart"));
}

static void the_time_is_right_in_any_season_and_century(void **state) {
    static const struct {
        int64_t seconds;
        const char *local, *utc;
    } table[] = {
        {0, "1970-01-01 01:00:00.000", "1970-01-01T00:00:00.000000Z"},
        {951782399, "2000-02-29 00:59:59.000", "2000-02-28T23:59:59.000000Z"},
        {1109548800, "2005-02-28 01:00:00.000", "2005-02-28T00:00:00.000000Z"},
        {1792889999, "2026-10-25 02:59:59.000", "2026-10-25T00:59:59.000000Z"},
        {1792890000, "2026-10-25 02:00:00.000", "2026-10-25T01:00:00.000000Z"},
        {1774745999, "2026-03-29 01:59:59.000", "2026-03-29T00:59:59.000000Z"},
        {1774746000, "2026-03-29 03:00:00.000", "2026-03-29T01:00:00.000000Z"},
        {4107542400, "2100-03-01 01:00:00.000", "2100-03-01T00:00:00.000000Z"},
        {1798761599, "2027-01-01 00:59:59.000", "2026-12-31T23:59:59.000000Z"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char local[LOG_STAMP_LOCAL + 1] = {0}, utc[LOG_STAMP_UTC + 1] = {0};
        log_stamp_local(local, table[i].seconds * 1000000000);
        log_stamp_utc(utc, table[i].seconds * 1000000000);
        assert_string_equal(local, table[i].local);
        assert_string_equal(utc, table[i].utc);
    }
}

static void assert_escaped(const char *text, size_t len, const char *expected) {
    char out[200];
    size_t used = log_escape(out, sizeof out, (gr_slice){text, len});
    assert_int_equal(used, strlen(expected));
    assert_memory_equal(out, expected, used);
}

static void escaping_leaves_nothing_that_could_break_or_fake_a_line(void **state) {
    assert_escaped("/a b?c=%20", 10, "/a b?c=%20");
    assert_escaped("a\"b\\c", 5, "a\\x22b\\x5cc");
    assert_escaped("\0\n\r\x1b\x7f\xff", 6, "\\x00\\x0a\\x0d\\x1b\\x7f\\xff");
}

static void escaping_stops_before_a_piece_that_does_not_fit(void **state) {
    char out[6] = "------";
    assert_int_equal(log_escape(out, 5, (gr_slice){"ab\n\n", 4}), 2);
    assert_memory_equal(out, "ab----", 6);
    assert_int_equal(log_escape(out, 5, (gr_slice){"a\nbc", 4}), 5);
    assert_memory_equal(out, "a\\x0a-", 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_when_how_grave_who_and_for_which_request),
        cmocka_unit_test(a_line_of_a_mule_says_which),
        cmocka_unit_test(an_exception_stays_with_its_record),
        cmocka_unit_test(a_message_cannot_pass_for_another_record),
        cmocka_unit_test(nothing_that_commands_a_terminal_is_left),
        cmocka_unit_test(what_is_text_stays_as_it_is),
        cmocka_unit_test(what_is_too_long_is_cut_and_says_so),
        cmocka_unit_test(the_longest_head_fits),
        cmocka_unit_test(the_level_has_a_colour_on_a_terminal),
        cmocka_unit_test(the_time_is_right_in_any_season_and_century),
        cmocka_unit_test(escaping_leaves_nothing_that_could_break_or_fake_a_line),
        cmocka_unit_test(escaping_stops_before_a_piece_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
