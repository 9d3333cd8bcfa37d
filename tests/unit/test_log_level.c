/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "log/level.h"

static void a_list_is_taken_piece_by_piece(void **state) {
    const char *list = "warning,sqlalchemy.engine=debug";
    gr_slice logger;
    int level;
    assert_null(log_level_next(&list, &logger, &level));
    assert_int_equal(logger.len, 0);
    assert_int_equal(level, 30);
    assert_null(log_level_next(&list, &logger, &level));
    assert_true(gr_slice_equal(logger, gr_slice_of("sqlalchemy.engine")));
    assert_int_equal(level, 10);
    assert_null(list);
}

static void what_is_no_list_is_told(void **state) {
    static const char *const wrong[] = {"",      "loud",     "=info", "a=",    "a=b=info ",
                                        "info,", "a b=info", "INFO",  "a=warn"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (!log_levels_fault(wrong[i])) fail_msg("'%s' was taken", wrong[i]);
    }
}

static void the_last_that_is_said_of_a_logger_holds(void **state) {
    assert_int_equal(log_level_of("", "greenroom"), 20);
    assert_int_equal(log_level_of("error", "greenroom"), 40);
    assert_int_equal(log_level_of("greenroom=error,debug,x=critical", "greenroom"), 40);
    assert_int_equal(log_level_of("greenroom=error,greenroom=warning", "greenroom"), 30);
}

static void assert_merged(const char *list, const char *more, const char *expected) {
    char merged[LOG_LEVELS_SIZE];
    strcpy(merged, list);
    assert_int_equal(log_level_merge(merged, more), 0);
    assert_string_equal(merged, expected);
}

static void what_is_said_later_of_a_logger_takes_the_place_of_what_was_said(void **state) {
    assert_merged("", "", "");
    assert_merged("info", "", "info");
    assert_merged("", "a=debug", "a=debug");
    assert_merged("info,a=debug,b=error", "a=warning", "info,b=error,a=warning");
    assert_merged("a=debug,info", "error,a=info", "error,a=info");
    assert_merged("ab=debug", "a=info", "ab=debug,a=info");
}

static void what_does_not_fit_leaves_a_list_as_it_was(void **state) {
    char list[LOG_LEVELS_SIZE] = "info,a=debug", more[LOG_LEVELS_SIZE];
    memset(more, 'x', sizeof more);
    strcpy(more + sizeof more - 12, "=debug");
    assert_int_equal(log_level_merge(list, more), -1);
    assert_string_equal(list, "info,a=debug");
}

static void what_is_no_list_leaves_another_as_it_was(void **state) {
    char list[LOG_LEVELS_SIZE] = "info,a=debug";
    assert_int_equal(log_level_merge(list, "b=error,\xf6\x01\x02"), -1);
    assert_string_equal(list, "info,a=debug");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_taken_piece_by_piece),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(what_is_said_later_of_a_logger_takes_the_place_of_what_was_said),
        cmocka_unit_test(what_does_not_fit_leaves_a_list_as_it_was),
        cmocka_unit_test(what_is_no_list_leaves_another_as_it_was),
        cmocka_unit_test(the_last_that_is_said_of_a_logger_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
