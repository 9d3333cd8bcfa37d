/* Lists of CPUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/cpu_list.h"

static void reads(const char *text, int count, const int *expected) {
    cpu_set_t cpus;
    const char *why = cpu_list_parse(text, &cpus);
    if (why) fail_msg("'%s' %s", text, why);
    assert_int_equal(CPU_COUNT(&cpus), count);
    for (int i = 0; i < count; i++) assert_true(CPU_ISSET(expected[i], &cpus));
}

static void refuses(const char *text, const char *why) {
    cpu_set_t cpus;
    const char *said = cpu_list_parse(text, &cpus);
    if (!said) fail_msg("'%s' was taken", text);
    assert_non_null(strstr(said, why));
}

static void numbers_and_ranges_are_put_together(void **state) {
    reads("0", 1, (int[]){0});
    reads("0-3,6", 5, (int[]){0, 1, 2, 3, 6});
    reads("6,0-3,2-4", 6, (int[]){0, 1, 2, 3, 4, 6});
    reads("7-7,1023", 2, (int[]){7, 1023});
}

static void what_is_no_list_is_refused(void **state) {
    static const char *const wrong[] = {"",    ",",    "0,",  "-1",  "1-",   "3-1",
                                        "0 1", "0--1", "all", "0x1", "1-2-3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], "no list");
    refuses("1024", "above 1023");
    refuses("0-99999999999999999999", "above 1023");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_ranges_are_put_together),
        cmocka_unit_test(what_is_no_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
