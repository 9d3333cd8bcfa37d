/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdlib.h>

#include "server/environment.h"

static void a_variable_is_taken_once(void **state) {
    setenv("GREENROOM_WORKER", "slot=1", 1);
    char *value = environment_take("GREENROOM_WORKER");
    assert_string_equal(value, "slot=1");
    free(value);
    assert_null(getenv("GREENROOM_WORKER"));
    assert_null(environment_take("GREENROOM_WORKER"));
    assert_int_equal(errno, ENOENT);
}

static void assert_restored(const char *preload, const char *expected) {
    setenv("LD_PRELOAD", preload, 1);
    assert_int_equal(environment_restore_preload(), 0);
    const char *left = getenv("LD_PRELOAD");
    if (expected)
        assert_string_equal(left, expected);
    else
        assert_null(left);
}

static void only_our_own_preload_is_removed(void **state) {
    assert_restored("/usr/lib/greenroom/libgreenroom-posix.so", NULL);
    assert_restored("libgreenroom-posix.so:/usr/lib/libjemalloc.so", "/usr/lib/libjemalloc.so");
    assert_restored("/a.so /b/libgreenroom-posix.so.0 /c.so", "/a.so:/c.so");
    assert_restored("/libgreenroom-posix.so/a.so", "/libgreenroom-posix.so/a.so");
}

static void without_a_preload_nothing_is_done(void **state) {
    unsetenv("LD_PRELOAD");
    assert_int_equal(environment_restore_preload(), 0);
    assert_null(getenv("LD_PRELOAD"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_taken_once),
        cmocka_unit_test(only_our_own_preload_is_removed),
        cmocka_unit_test(without_a_preload_nothing_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
