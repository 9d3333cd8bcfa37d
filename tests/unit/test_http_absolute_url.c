/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "http/absolute_url.h"

static struct http_url parsed(const char *text) {
    struct http_url url;
    const char *why = "";
    int result = http_url_parse(gr_slice_of(text), &url, &why);
    assert_string_equal(why, "");
    assert_int_equal(result, 0);
    return url;
}

static void assert_slice(gr_slice slice, const char *text) {
    assert_int_equal(slice.len, strlen(text));
    if (slice.len) assert_memory_equal(slice.data, text, slice.len);
}

static void assert_refused(const char *text, const char *told) {
    struct http_url url;
    const char *why = "";
    assert_int_equal(http_url_parse(gr_slice_of(text), &url, &why), -1);
    assert_string_equal(why, told);
}

static void a_url_is_taken_apart(void **state) {
    struct http_url url = parsed("HTTPS://ann:a%40b@Shop.example:8443/a/b?c=d?e/f#g");
    assert_true(url.tls);
    assert_int_equal(url.port, 8443);
    assert_slice(url.user, "ann:a%40b");
    assert_slice(url.host, "Shop.example");
    assert_slice(url.authority, "Shop.example:8443");
    assert_slice(url.target, "/a/b?c=d?e/f");
}

static void what_is_left_out_is_the_usual(void **state) {
    struct http_url url = parsed("http://a");
    assert_false(url.tls);
    assert_int_equal(url.port, 80);
    assert_slice(url.user, "");
    assert_slice(url.target, "");
    assert_int_equal(parsed("https://a/").port, 443);
    assert_slice(parsed("http://a?b").target, "?b");
    assert_slice(parsed("http://a#b").target, "");
    url = parsed("http://a:/b");
    assert_int_equal(url.port, 80);
    assert_slice(url.authority, "a");
}

static void an_ipv6_address_stands_in_brackets(void **state) {
    struct http_url url = parsed("http://[2001:db8::1]:81/");
    assert_true(url.is_ipv6);
    assert_slice(url.host, "2001:db8::1");
    assert_int_equal(url.port, 81);
    assert_slice(parsed("http://[::1]").host, "::1");
}

static void the_last_at_sign_ends_the_user(void **state) {
    struct http_url url = parsed("http://good.example@evil@a/@b");
    assert_slice(url.user, "good.example@evil");
    assert_slice(url.host, "a");
}

static void what_is_no_url_to_ask_for_is_refused(void **state) {
    static const char malformed[] = "its host or port is malformed";
    static const char encode[] = "it holds bytes that have to be percent-encoded";
    assert_refused("", "it does not begin with http:// or https://");
    assert_refused("/a", "it does not begin with http:// or https://");
    assert_refused("file:///etc/passwd", "it does not begin with http:// or https://");
    assert_refused("http://", "it names no host");
    assert_refused("http:///a", "it names no host");
    assert_refused("http://:80/", "it names no host");
    assert_refused("http://a:0/", "its port is 0");
    assert_refused("http://a:65536/", malformed);
    assert_refused("http://a:b/", malformed);
    assert_refused("http://[::1/", malformed);
    assert_refused("http://[::1]x/", malformed);
    assert_refused("http://a%20b/", malformed);
    assert_refused("http://a\\@b/", encode);
    assert_refused("http://a/b c", encode);
    assert_refused("http://a/b\r\nX: y", encode);
    assert_refused("http://a/\xc3\xa4", encode);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_is_left_out_is_the_usual),
        cmocka_unit_test(an_ipv6_address_stands_in_brackets),
        cmocka_unit_test(the_last_at_sign_ends_the_user),
        cmocka_unit_test(what_is_no_url_to_ask_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
