/* Which values of traceparent are understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/trace_context.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

static bool is_understood(const char *value) {
    gr_slice found;
    if (!http_traceparent_read(gr_slice_of(value), &found)) return false;
    assert_true(gr_slice_equal(found, gr_slice_of(TRACE)));
    return true;
}

static void the_trace_id_is_found(void **state) {
    assert_true(is_understood("00-" TRACE "-00f067aa0ba902b7-01"));
    assert_true(is_understood("00-" TRACE "-00f067aa0ba902b7-00"));
}

static void later_versions_may_have_more(void **state) {
    assert_true(is_understood("01-" TRACE "-00f067aa0ba902b7-01"));
    assert_true(is_understood("cc-" TRACE "-00f067aa0ba902b7-01-what-else"));
    assert_false(is_understood("cc-" TRACE "-00f067aa0ba902b7-01.what-else"));
    assert_false(is_understood("00-" TRACE "-00f067aa0ba902b7-01-what-else"));
}

static void what_is_malformed_is_not_understood(void **state) {
    static const char *const wrong[] = {
        "",
        "00",
        "00-" TRACE "-00f067aa0ba902b7-0",
        "ff-" TRACE "-00f067aa0ba902b7-01",
        "0x-" TRACE "-00f067aa0ba902b7-01",
        "00_" TRACE "-00f067aa0ba902b7-01",
        "00-" TRACE "_00f067aa0ba902b7-01",
        "00-" TRACE "-00f067aa0ba902b7_01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-00f067aa0ba902bg-01",
        "00-" TRACE "-00f067aa0ba902b7-0g",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(is_understood(wrong[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trace_id_is_found),
        cmocka_unit_test(later_versions_may_have_more),
        cmocka_unit_test(what_is_malformed_is_not_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
