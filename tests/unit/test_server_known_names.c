/* The first names are known, and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/known_names.h"

static struct known_names names;

static int begin(void **state) {
    names = (struct known_names){0};
    return 0;
}

static int number_of(const char *name, bool add) {
    return known_names_find(&names, gr_slice_of(name), add);
}

static void names_keep_their_numbers(void **state) {
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < KNOWN_NAMES_MAX; i++) {
            snprintf(name, sizeof name, "/%d", i * 37);
            assert_int_equal(number_of(name, true), i);
            gr_slice kept = known_names_get(&names, i);
            assert_int_equal(kept.len, strlen(name));
            assert_string_equal(kept.data, name);
        }
    assert_int_equal(number_of("/new", true), -1);
    assert_int_equal(number_of("/37", false), 1);
}

static void names_that_differ_in_one_place_are_two(void **state) {
    const char *like[] = {"", "/abcd", "/abca", "/xbcd", "/axcd", "/abxd", "/abc", "/bacd"};
    for (int i = 0; i < (int)(sizeof like / sizeof *like); i++)
        assert_int_equal(number_of(like[i], true), i);
    for (int i = 0; i < (int)(sizeof like / sizeof *like); i++)
        assert_int_equal(number_of(like[i], false), i);
}

static void nothing_is_added_unless_that_is_wanted(void **state) {
    assert_int_equal(number_of("/a", false), -1);
    assert_int_equal(number_of("/a", true), 0);
    assert_int_equal(number_of("/a", false), 0);
}

static void names_are_as_long_as_there_is_room(void **state) {
    char name[KNOWN_NAME_SIZE + 20];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(number_of(name, true), 0);
    assert_int_equal(known_names_get(&names, 0).len, KNOWN_NAME_SIZE - 1);
    assert_int_equal(number_of(name + 3, true), 0);
    assert_int_equal(number_of(name + 21, true), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_keep_their_numbers, begin),
        cmocka_unit_test_setup(names_that_differ_in_one_place_are_two, begin),
        cmocka_unit_test_setup(nothing_is_added_unless_that_is_wanted, begin),
        cmocka_unit_test_setup(names_are_as_long_as_there_is_room, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
