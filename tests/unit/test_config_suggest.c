/* What a user may have meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/suggest.h"

static const char *const known[] = {"workers", "bind", "head-timeout", "body-timeout", NULL};

static void the_distance_counts_single_edits(void **state) {
    assert_int_equal(edit_distance("bind", "bind"), 0);
    assert_int_equal(edit_distance("bin", "bind"), 1);
    assert_int_equal(edit_distance("binds", "bind"), 1);
    assert_int_equal(edit_distance("bend", "bind"), 1);
    assert_int_equal(edit_distance("bnid", "bind"), 1);
    assert_int_equal(edit_distance("", "bind"), 4);
}

static void the_nearest_word_is_suggested(void **state) {
    assert_string_equal(suggest("wrokers", known), "workers");
    assert_string_equal(suggest("hed-timeout", known), "head-timeout");
    assert_string_equal(suggest("bdoy-timeout", known), "body-timeout");
}

static void a_word_unlike_all_others_gets_no_suggestion(void **state) {
    assert_null(suggest("", known));
    assert_null(suggest("frobnicate", known));
    assert_null(suggest("a-word-that-is-far-too-long-to-be-compared-with-any", known));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_counts_single_edits),
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(a_word_unlike_all_others_gets_no_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
