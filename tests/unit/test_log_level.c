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
        const char *list = wrong[i], *why = NULL;
        gr_slice logger;
        int level;
        while (list && !why) why = log_level_next(&list, &logger, &level);
        if (!why) fail_msg("'%s' was taken", wrong[i]);
    }
}

static void the_last_that_is_said_of_a_logger_holds(void **state) {
    assert_int_equal(log_level_of("", "greenroom"), 20);
    assert_int_equal(log_level_of("error", "greenroom"), 40);
    assert_int_equal(log_level_of("greenroom=error,debug,x=critical", "greenroom"), 40);
    assert_int_equal(log_level_of("greenroom=error,greenroom=warning", "greenroom"), 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_taken_piece_by_piece),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(the_last_that_is_said_of_a_logger_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
