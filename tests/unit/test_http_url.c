/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "http/url.h"

/* Both input and output have the room they are promised and not a byte more. */
static ssize_t decode(const char *text, char *out) {
    size_t len = strlen(text);
    char *from = malloc(len ? len : 1), *to = malloc(len ? len : 1);
    memcpy(from, text, len);
    ssize_t written = url_decode((gr_slice){from, len}, to);
    if (written > 0) memcpy(out, to, (size_t)written);
    free(from);
    free(to);
    return written;
}

static void assert_decoded(const char *text, const char *expected) {
    char out[1000];
    ssize_t written = decode(text, out);
    assert_int_equal(written, strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
}

static void assert_bad(const char *text) {
    char out[1000];
    assert_int_equal(decode(text, out), -1);
}

static void text_without_a_percent_sign_stays(void **state) {
    assert_decoded("/a+b/c;d=e", "/a+b/c;d=e");
    assert_decoded("", "");
    assert_int_equal(url_decode((gr_slice){NULL, 0}, NULL), 0);
}

static void hex_digits_of_either_case_are_decoded(void **state) {
    assert_decoded("%2f%2F%C3%bc", "//\xc3\xbc");
    assert_decoded("a%20b", "a b");
    assert_decoded("%01%ff", "\x01\xff");
}

static void decoding_happens_once(void **state) {
    assert_decoded("%252e", "%2e");
    assert_decoded("%25", "%");
}

static void a_percent_sign_without_two_hex_digits_is_refused(void **state) {
    assert_bad("%");
    assert_bad("a%");
    assert_bad("%2");
    assert_bad("%%20");
    assert_bad("%g0");
    assert_bad("%0g");
    assert_bad("% 1");
    assert_bad("%+1");
    assert_bad("%u0041");
}

static void an_encoded_nul_is_refused(void **state) { assert_bad("a%00b"); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_without_a_percent_sign_stays),
        cmocka_unit_test(hex_digits_of_either_case_are_decoded),
        cmocka_unit_test(decoding_happens_once),
        cmocka_unit_test(a_percent_sign_without_two_hex_digits_is_refused),
        cmocka_unit_test(an_encoded_nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
