/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "http/credentials.h"

static void assert_basic(const char *user, const char *password, const char *expected) {
    size_t len = http_basic_length(strlen(user), strlen(password));
    char *out = malloc(len);
    http_basic(out, gr_slice_of(user), gr_slice_of(password));
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
    free(out);
}

/* RFC 7617, 2 and 2.1. */
static void the_examples_of_the_rfc_hold(void **state) {
    assert_basic("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_basic("test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==");
}

static void each_length_is_padded(void **state) {
    assert_basic("", "", "Basic Og==");
    assert_basic("a", "", "Basic YTo=");
    assert_basic("a", "b", "Basic YTpi");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_hold),
        cmocka_unit_test(each_length_is_padded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
