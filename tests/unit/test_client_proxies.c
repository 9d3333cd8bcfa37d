/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>

#include "client/proxies.h"

static const char *const variables[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

static int clear(void **state) {
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
    return 0;
}

/* The authority of the proxy for a URL; "" for none. */
static const char *proxy_of(const char *said, const char *text) {
    static char authority[64];
    struct proxies proxies;
    gr_failure failure;
    struct http_url url;
    const char *why;
    assert_int_equal(http_url_parse(gr_slice_of(text), &url, &why), 0);
    if (proxies_open(&proxies, said, &failure) < 0) fail_msg("%s", failure.why);
    const struct proxy *proxy = proxies_for(&proxies, &url);
    snprintf(authority, sizeof authority, "%.*s", proxy ? (int)proxy->url.authority.len : 0,
             proxy ? proxy->url.authority.data : "");
    proxies_close(&proxies);
    return authority;
}

static void without_variables_there_is_none(void **state) {
    assert_string_equal(proxy_of(NULL, "http://a/"), "");
    assert_string_equal(proxy_of("", "http://a/"), "");
}

static void what_is_said_is_for_all(void **state) {
    setenv("http_proxy", "http://other:1", 1);
    setenv("no_proxy", "*", 1);
    assert_string_equal(proxy_of("http://p:3128", "http://a/"), "p:3128");
    assert_string_equal(proxy_of("p:3128", "https://a/"), "p:3128");
    assert_string_equal(proxy_of("", "http://a/"), "");
}

static void each_scheme_has_its_variable(void **state) {
    setenv("http_proxy", "http://p:1", 1);
    setenv("HTTPS_PROXY", "http://q:2", 1);
    assert_string_equal(proxy_of(NULL, "http://a/"), "p:1");
    assert_string_equal(proxy_of(NULL, "https://a/"), "q:2");
    setenv("https_proxy", "http://r:3", 1);
    assert_string_equal(proxy_of(NULL, "https://a/"), "r:3");
}

static void one_variable_is_for_both_schemes(void **state) {
    setenv("ALL_PROXY", "http://p:1", 1);
    assert_string_equal(proxy_of(NULL, "http://a/"), "p:1");
    assert_string_equal(proxy_of(NULL, "https://a/"), "p:1");
}

static void what_may_come_from_a_field_is_not_believed(void **state) {
    setenv("HTTP_PROXY", "http://evil:1", 1);
    assert_string_equal(proxy_of(NULL, "http://a/"), "");
}

static bool is_asked_directly(const char *list, const char *url) {
    setenv("http_proxy", "http://p:1", 1);
    setenv("no_proxy", list, 1);
    return *proxy_of(NULL, url) == '\0';
}

static void some_hosts_are_asked_directly(void **state) {
    static const char list[] = "localhost, .example.org,b.test:8080,10.0.0.0/8,[::1],2001:db8::/32";
    assert_true(is_asked_directly(list, "http://LOCALHOST/"));
    assert_true(is_asked_directly(list, "http://example.org/"));
    assert_true(is_asked_directly(list, "http://a.example.org:81/"));
    assert_true(is_asked_directly(list, "http://b.test:8080/"));
    assert_true(is_asked_directly(list, "http://10.1.2.3/"));
    assert_true(is_asked_directly(list, "http://[::1]/"));
    assert_true(is_asked_directly(list, "http://[2001:db8::5]/"));
    assert_true(is_asked_directly("*", "http://a/"));
    assert_false(is_asked_directly(list, "http://notexample.org/"));
    assert_false(is_asked_directly(list, "http://b.test/"));
    assert_false(is_asked_directly(list, "http://11.1.2.3/"));
    assert_false(is_asked_directly(list, "http://10.example/"));
    assert_false(is_asked_directly("", "http://a/"));
    assert_false(is_asked_directly(",,", "http://a/"));
}

static void a_proxy_that_cannot_be_used_is_told(void **state) {
    struct proxies proxies;
    gr_failure failure;
    assert_int_equal(proxies_open(&proxies, "socks5://p:1", &failure), -1);
    assert_int_equal(failure.kind, GR_FAILURE_CALL);
    assert_non_null(strstr(failure.why, "cannot use the proxy socks5://p:1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_variables_there_is_none, clear),
        cmocka_unit_test_setup(what_is_said_is_for_all, clear),
        cmocka_unit_test_setup(each_scheme_has_its_variable, clear),
        cmocka_unit_test_setup(one_variable_is_for_both_schemes, clear),
        cmocka_unit_test_setup(what_may_come_from_a_field_is_not_believed, clear),
        cmocka_unit_test_setup(some_hosts_are_asked_directly, clear),
        cmocka_unit_test_setup(a_proxy_that_cannot_be_used_is_told, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
