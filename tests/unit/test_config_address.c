/* Where to listen, as --bind says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/address.h"

static struct address read_address(const char *text) {
    struct address address;
    const char *why = address_parse(text, &address);
    if (why) fail_msg("'%s' %s", text, why);
    return address;
}

static void refuses(const char *text, const char *why) {
    struct address address;
    const char *said = address_parse(text, &address);
    if (!said) fail_msg("'%s' was taken for an address", text);
    assert_non_null(strstr(said, why));
}

static void a_host_has_a_port_behind_its_colon(void **state) {
    struct address address = read_address("localhost:8000");
    assert_string_equal(address.place, "localhost");
    assert_int_equal(address.port, 8000);
    assert_false(address.local);
    assert_false(address.ipv6);
}

static void no_host_stands_for_every_address(void **state) {
    struct address address = read_address(":0");
    assert_string_equal(address.place, "");
    assert_int_equal(address.port, 0);
}

static void an_ipv6_address_stands_in_brackets(void **state) {
    struct address address = read_address("[::1]:443");
    assert_string_equal(address.place, "::1");
    assert_int_equal(address.port, 443);
    assert_true(address.ipv6);
}

static void a_unix_socket_has_a_path(void **state) {
    struct address address = read_address("unix:/run/a:b.sock");
    assert_string_equal(address.place, "/run/a:b.sock");
    assert_true(address.local);
}

static void what_is_wrong_is_said(void **state) {
    char path[200] = "unix:/";
    memset(path + 6, 'x', sizeof path - 7);
    path[sizeof path - 1] = '\0';
    refuses("", "no port");
    refuses("127.0.0.1", "no port");
    refuses("127.0.0.1:", "no port");
    refuses("[::1]", "no port");
    refuses("::1:80", "[IPV6]:PORT");
    refuses("a:http", "no number");
    refuses("a:-1", "no number");
    refuses("a:65536", "above 65535");
    refuses("unix:", "no path");
    refuses(path, "107 bytes");
}

static void the_longest_path_the_kernel_takes_is_taken(void **state) {
    char path[5 + 107 + 1] = "unix:/";
    memset(path + 6, 'x', sizeof path - 7);
    path[sizeof path - 1] = '\0';
    assert_int_equal(strlen(read_address(path).place), 107);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_has_a_port_behind_its_colon),
        cmocka_unit_test(no_host_stands_for_every_address),
        cmocka_unit_test(an_ipv6_address_stands_in_brackets),
        cmocka_unit_test(a_unix_socket_has_a_path),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(the_longest_path_the_kernel_takes_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
