/* What proxies write into Forwarded and X-Forwarded-*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/forwarded.h"

static void assert_slice(gr_slice got, const char *expected) {
    if (!gr_slice_equal(got, gr_slice_of(expected)))
        fail_msg("'%.*s' is not '%s'", (int)got.len, got.data, expected);
}

static void a_list_is_read_from_its_end(void **state) {
    gr_slice list = gr_slice_of("a,\t b ,c"), element;
    const char *const expected[] = {"c", "b", "a"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(forwarded_last(&list, &element));
        assert_slice(element, expected[i]);
    }
    assert_false(forwarded_last(&list, &element));
}

static void empty_elements_are_left_out(void **state) {
    gr_slice list = gr_slice_of(", ,a,, "), element;
    assert_true(forwarded_last(&list, &element));
    assert_slice(element, "a");
    assert_false(forwarded_last(&list, &element));
    list = gr_slice_of("");
    assert_false(forwarded_last(&list, &element));
}

static void the_elements_of_forwarded_are_read_in_order(void **state) {
    gr_slice list = gr_slice_of("For=192.0.2.1; proto=https;by=_x , for=\"[2001:db8::1]:80\"");
    struct forwarded_element element;
    assert_int_equal(forwarded_next(&list, &element), 1);
    assert_slice(element.node, "192.0.2.1");
    assert_slice(element.scheme, "https");
    assert_null(element.host.data);
    assert_int_equal(forwarded_next(&list, &element), 1);
    assert_slice(element.node, "[2001:db8::1]:80");
    assert_null(element.scheme.data);
    assert_int_equal(forwarded_next(&list, &element), 0);
}

static void quoted_commas_do_not_end_an_element(void **state) {
    gr_slice list = gr_slice_of("by=\"a, b; c\";host=\"example.org:80\"");
    struct forwarded_element element;
    assert_int_equal(forwarded_next(&list, &element), 1);
    assert_slice(element.host, "example.org:80");
    assert_int_equal(forwarded_next(&list, &element), 0);
}

static void malformed_elements_are_told(void **state) {
    static const char *const wrong[] = {
        "for",          "for=",          "=1.2.3.4",         "for =1.2.3.4",
        "for= 1.2.3.4", "for=\"1.2.3.4", "for=\"1\"2",       "for=1.2.3.4 proto=http",
        "for=[::1]",    "for=a;for=b",   "for=a;proto=b@c",  "for=\"a\\b\"",
        "for=a;FOR=a",  "for=a\"b\"",    "host=a;host=\"\"", "for=\"a\" b",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gr_slice list = gr_slice_of(wrong[i]);
        struct forwarded_element element;
        if (forwarded_next(&list, &element) != -1) fail_msg("%s was taken", wrong[i]);
    }
}

static void a_quote_that_the_client_has_left_open_never_swallows_what_the_proxy_adds(void **state) {
    gr_slice list = gr_slice_of("for=x;by=\", for=\"[2001:db8::1]\"");
    struct forwarded_element element;
    assert_int_equal(forwarded_next(&list, &element), -1);
}

static void schemes_are_http_and_https(void **state) {
    assert_slice(forwarded_scheme(gr_slice_of("HTTPS")), "https");
    assert_slice(forwarded_scheme(gr_slice_of("http")), "http");
    assert_null(forwarded_scheme(gr_slice_of("ftp")).data);
    assert_null(forwarded_scheme(gr_slice_of("")).data);
}

static void an_authority_is_parted(void **state) {
    gr_slice name;
    int port;
    assert_true(forwarded_authority(gr_slice_of("example.org"), &name, &port));
    assert_slice(name, "example.org");
    assert_int_equal(port, -1);
    assert_true(forwarded_authority(gr_slice_of("example.org:"), &name, &port));
    assert_int_equal(port, -1);
    assert_true(forwarded_authority(gr_slice_of("[::1]:8443"), &name, &port));
    assert_slice(name, "::1");
    assert_int_equal(port, 8443);
    assert_true(forwarded_authority(gr_slice_of("[::1]"), &name, &port));
    assert_slice(name, "::1");
    assert_int_equal(port, -1);
}

static void what_is_no_authority_is_refused(void **state) {
    static const char *const wrong[] = {"",    ":80",      "a:0",   "a:65536", "a b",
                                        "a/b", "user@a:1", "a:1:2", "[::1",    "a%20"};
    gr_slice name;
    int port;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (forwarded_authority(gr_slice_of(wrong[i]), &name, &port))
            fail_msg("%s was taken", wrong[i]);
}

static void ports_are_digits(void **state) {
    assert_int_equal(forwarded_port(gr_slice_of("1")), 1);
    assert_int_equal(forwarded_port(gr_slice_of("65535")), 65535);
    assert_int_equal(forwarded_port(gr_slice_of("65536")), -1);
    assert_int_equal(forwarded_port(gr_slice_of("0")), -1);
    assert_int_equal(forwarded_port(gr_slice_of("")), -1);
    assert_int_equal(forwarded_port(gr_slice_of("+1")), -1);
    assert_int_equal(forwarded_port(gr_slice_of("18446744073709551617")), -1);
}

static void a_prefix_is_a_decoded_path_without_its_last_slashes(void **state) {
    static const char *const pairs[][2] = {{"/shop/a%20b", "/shop/a b"},
                                           {"/shop//", "/shop"},
                                           {"/.x/..y", "/.x/..y"},
                                           {"/", ""},
                                           {"/%C3%A9%2Fa", "/\xc3\xa9/a"}};
    char out[64];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ssize_t len = forwarded_prefix(gr_slice_of(pairs[i][0]), out);
        assert_true(len >= 0);
        assert_slice((gr_slice){out, (size_t)len}, pairs[i][1]);
    }
}

static void what_is_no_prefix_is_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "shop",
                                        "//evil.example",
                                        "/a//b",
                                        "/a/../b",
                                        "/..",
                                        "/.",
                                        "/a?b",
                                        "/a#b",
                                        "/a b",
                                        "/a\\b",
                                        "/\x80",
                                        "http://a/b",
                                        "/%2Fevil.example",
                                        "/%2e%2e/a",
                                        "/a%5Cb",
                                        "/a%0d%0ab",
                                        "/a%00",
                                        "/a%zz",
                                        "%2Fa",
                                        "/a\n"};
    char out[64];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (forwarded_prefix(gr_slice_of(wrong[i]), out) >= 0) fail_msg("%s was taken", wrong[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_from_its_end),
        cmocka_unit_test(empty_elements_are_left_out),
        cmocka_unit_test(the_elements_of_forwarded_are_read_in_order),
        cmocka_unit_test(quoted_commas_do_not_end_an_element),
        cmocka_unit_test(malformed_elements_are_told),
        cmocka_unit_test(a_quote_that_the_client_has_left_open_never_swallows_what_the_proxy_adds),
        cmocka_unit_test(schemes_are_http_and_https),
        cmocka_unit_test(an_authority_is_parted),
        cmocka_unit_test(what_is_no_authority_is_refused),
        cmocka_unit_test(ports_are_digits),
        cmocka_unit_test(a_prefix_is_a_decoded_path_without_its_last_slashes),
        cmocka_unit_test(what_is_no_prefix_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
