/* How many workers are to serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/scale.h"

/* How many there are after so many looks that find that load. */
static int after(struct scale *scale, int looks, double cores, int count, int min, int max) {
    for (int i = 0; i < looks; i++) count = scale_judge(scale, cores, count, min, max);
    return count;
}

static void one_is_added_when_all_are_busy_for_three_seconds(void **state) {
    struct scale scale = {0};
    assert_int_equal(after(&scale, 2, 1.7, 2, 1, 4), 2);
    assert_int_equal(after(&scale, 1, 1.7, 2, 1, 4), 3);
    assert_int_equal(after(&scale, 10, 1.7, 3, 1, 4), 3);
}

static void a_moment_is_not_enough(void **state) {
    struct scale scale = {0};
    assert_int_equal(after(&scale, 2, 2.0, 2, 1, 4), 2);
    assert_int_equal(after(&scale, 1, 1.0, 2, 1, 4), 2);
    assert_int_equal(after(&scale, 2, 2.0, 2, 1, 4), 2);
}

static void one_goes_when_the_others_would_have_little_to_do_for_thirty_seconds(void **state) {
    struct scale scale = {0};
    assert_int_equal(after(&scale, 29, 0.9, 3, 1, 4), 3);
    assert_int_equal(after(&scale, 1, 0.9, 3, 1, 4), 2);
    assert_int_equal(after(&scale, 100, 0.9, 2, 1, 4), 2);
}

static void there_are_never_more_or_fewer_than_was_said(void **state) {
    struct scale scale = {0};
    assert_int_equal(after(&scale, 100, 4.0, 4, 2, 4), 4);
    assert_int_equal(after(&scale, 100, 0.0, 2, 2, 4), 2);
    assert_int_equal(after(&scale, 100, 0.0, 4, 2, 4), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_added_when_all_are_busy_for_three_seconds),
        cmocka_unit_test(a_moment_is_not_enough),
        cmocka_unit_test(one_goes_when_the_others_would_have_little_to_do_for_thirty_seconds),
        cmocka_unit_test(there_are_never_more_or_fewer_than_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
