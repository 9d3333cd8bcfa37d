/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "http/reference.h"

static const char *base_text = "http://a/b/c/d;p?q";

static void assert_resolved(const char *reference, const char *expected) {
    struct http_url base;
    const char *why;
    char out[256];
    assert_int_equal(http_url_parse(gr_slice_of(base_text), &base, &why), 0);
    assert_int_equal(http_reference_resolve(&base, gr_slice_of(reference), out, sizeof out), 0);
    assert_string_equal(out, expected);
}

/* RFC 3986, 5.4.1 and 5.4.2; fragments are left out. */
static void the_examples_of_the_rfc_hold(void **state) {
    static const char *const examples[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
    };
    base_text = "http://a/b/c/d;p?q";
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        assert_resolved(examples[i][0], examples[i][1]);
}

static void the_origin_of_the_base_is_kept(void **state) {
    base_text = "https://ann:secret@a:81?q";
    assert_resolved("g", "https://a:81/g");
    assert_resolved("//b:82/x", "https://b:82/x");
    assert_resolved("", "https://a:81?q");
    assert_resolved("HTTP://c/", "HTTP://c/");
}

static void what_has_to_be_encoded_is(void **state) {
    base_text = "http://a/";
    assert_resolved("/b c\xc3\xa4\\d?e f", "http://a/b%20c%C3%A4%5Cd?e%20f");
    assert_resolved("/a%20b", "http://a/a%20b");
}

static void there_may_be_too_little_room(void **state) {
    struct http_url base;
    const char *why;
    char out[11];
    assert_int_equal(http_url_parse(gr_slice_of("http://a/b"), &base, &why), 0);
    assert_int_equal(http_reference_resolve(&base, gr_slice_of("c"), out, sizeof out), 0);
    assert_string_equal(out, "http://a/c");
    assert_int_equal(http_reference_resolve(&base, gr_slice_of("cd"), out, sizeof out), -1);
    assert_int_equal(http_reference_resolve(&base, gr_slice_of("cde/../../f"), out, sizeof out),
                     -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_hold),
        cmocka_unit_test(the_origin_of_the_base_is_kept),
        cmocka_unit_test(what_has_to_be_encoded_is),
        cmocka_unit_test(there_may_be_too_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
