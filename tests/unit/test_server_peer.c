/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>

#include "base/decimal.h"
#include "server/peer.h"

static union peer peer(const char *address, int port) {
    union peer made = {.family = AF_INET};
    if (inet_pton(AF_INET, address, &made.v4.sin_addr) == 1) {
        made.v4.sin_port = htons((uint16_t)port);
        return made;
    }
    made.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    assert_int_equal(inet_pton(AF_INET6, address, &made.v6.sin6_addr), 1);
    return made;
}

static void assert_text(const char *address, const char *expected) {
    union peer subject = peer(address, 80);
    char text[PEER_TEXT_MAX];
    size_t len = peer_text(&subject, text);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void addresses_are_written_as_everybody_writes_them(void **state) {
    assert_text("127.0.0.1", "127.0.0.1");
    assert_text("255.10.9.100", "255.10.9.100");
    assert_text("0.0.0.0", "0.0.0.0");
    assert_text("::1", "::1");
    assert_text("2001:db8:0:0:0:0:0:ff", "2001:db8::ff");
    assert_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void an_ipv4_client_of_an_ipv6_socket_keeps_its_address(void **state) {
    assert_text("::ffff:10.1.2.3", "10.1.2.3");
}

static void ports_are_in_host_order(void **state) {
    union peer v4 = peer("1.2.3.4", 8000), v6 = peer("::1", 65535);
    assert_int_equal(peer_port(&v4), 8000);
    assert_int_equal(peer_port(&v6), 65535);
}

static void a_unix_peer_has_neither(void **state) {
    union peer unix_peer = {.family = AF_UNIX};
    char text[PEER_TEXT_MAX];
    assert_int_equal(peer_text(&unix_peer, text), 0);
    assert_int_equal(peer_port(&unix_peer), 0);
    assert_false(peer_is_any(&unix_peer));
}

static void the_wildcard_is_known_in_both_families(void **state) {
    union peer v4 = peer("0.0.0.0", 80), v6 = peer("::", 80), other = peer("0.0.0.1", 80);
    assert_true(peer_is_any(&v4));
    assert_true(peer_is_any(&v6));
    assert_false(peer_is_any(&other));
}

static union peer parsed(const char *text) {
    union peer got;
    if (!peer_parse(gr_slice_of(text), &got)) fail_msg("%s was not taken", text);
    return got;
}

static void assert_parsed(const char *text, const char *address, int port) {
    union peer got = parsed(text);
    char written[PEER_TEXT_MAX];
    size_t len = peer_text(&got, written);
    assert_int_equal(len, strlen(address));
    assert_memory_equal(written, address, len);
    assert_int_equal(peer_port(&got), port);
}

static void nodes_are_read_as_proxies_write_them(void **state) {
    assert_parsed("192.0.2.1", "192.0.2.1", 0);
    assert_parsed("192.0.2.1:4711", "192.0.2.1", 4711);
    assert_parsed("[2001:db8::1]", "2001:db8::1", 0);
    assert_parsed("[2001:db8::1]:4711", "2001:db8::1", 4711);
    assert_parsed("2001:db8::1", "2001:db8::1", 0);
    assert_parsed("[::ffff:10.1.2.3]", "10.1.2.3", 0);
    assert_parsed("192.0.2.1:_port", "192.0.2.1", 0);
}

static void a_node_that_is_hidden_has_no_address(void **state) {
    static const char *const hidden[] = {"unknown", "Unknown", "_a.B-9_", "_x:80", "unknown:_p"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_int_equal(parsed(hidden[i]).family, AF_UNSPEC);
}

static void what_is_no_node_is_refused(void **state) {
    static const char *const wrong[] = {
        "",
        "localhost",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1:",
        "192.0.2.1:0",
        "_",
        "192.0.2.1:x",
        "[192.0.2.1]",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]:",
        "[::1]:65536",
        "[]",
        "[fe80::1%1]",
        "192.0.2.1 ",
        "_a b",
        "192.0.2.1:_",
        "010.0.2.1",
        "1.2.3.4:+1",
        "_a:b",
        "[[::1]]",
        "unknown2",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
    };
    union peer got;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (peer_parse(gr_slice_of(wrong[i]), &got)) fail_msg("%s was taken", wrong[i]);
}

static void assert_decimal(uint64_t number, const char *expected) {
    char text[DECIMAL_MAX];
    size_t len = decimal_put(text, number);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void numbers_of_any_size_are_written(void **state) {
    assert_decimal(0, "0");
    assert_decimal(9, "9");
    assert_decimal(10, "10");
    assert_decimal(UINT64_MAX, "18446744073709551615");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_everybody_writes_them),
        cmocka_unit_test(an_ipv4_client_of_an_ipv6_socket_keeps_its_address),
        cmocka_unit_test(ports_are_in_host_order),
        cmocka_unit_test(a_unix_peer_has_neither),
        cmocka_unit_test(the_wildcard_is_known_in_both_families),
        cmocka_unit_test(nodes_are_read_as_proxies_write_them),
        cmocka_unit_test(a_node_that_is_hidden_has_no_address),
        cmocka_unit_test(what_is_no_node_is_refused),
        cmocka_unit_test(numbers_of_any_size_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
