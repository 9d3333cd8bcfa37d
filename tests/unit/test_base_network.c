/* Networks, as --trusted-proxies names them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/network.h"

static struct network only(const char *text) {
    struct network network;
    const char *why = network_next(&text, &network);
    if (why) fail_msg("it %s", why);
    assert_null(text);
    return network;
}

static bool holds(const char *network, const char *address) {
    struct network of = only(network);
    uint8_t octets[16];
    sa_family_t family = strchr(address, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(family, address, octets), 1);
    return network_holds(&of, family, octets);
}

static void refuses(const char *text, const char *why) {
    struct network network;
    const char *said = NULL;
    for (const char *list = text; list && !said;) said = network_next(&list, &network);
    if (!said) fail_msg("'%s' was taken for a list of networks", text);
    assert_non_null(strstr(said, why));
}

static void a_network_holds_the_addresses_that_share_its_prefix(void **state) {
    assert_true(holds("10.0.0.0/8", "10.255.0.1"));
    assert_false(holds("10.0.0.0/8", "11.0.0.1"));
    assert_true(holds("192.0.2.128/25", "192.0.2.128"));
    assert_false(holds("192.0.2.128/25", "192.0.2.127"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
}

static void an_address_alone_is_a_network_of_one(void **state) {
    assert_true(holds("192.0.2.1", "192.0.2.1"));
    assert_false(holds("192.0.2.1", "192.0.2.0"));
    assert_true(holds("::1", "::1"));
    assert_false(holds("::1", "::3"));
}

static void no_bits_mean_every_address_of_the_family(void **state) {
    assert_true(holds("0.0.0.0/0", "255.255.255.255"));
    assert_true(holds("::/0", "2001:db8::1"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_false(holds("::/0", "127.0.0.1"));
}

static void an_ipv4_address_of_an_ipv6_socket_counts_as_ipv4(void **state) {
    assert_true(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert_false(holds("::/0", "::ffff:10.1.2.3"));
}

static void unix_stands_for_every_unix_socket(void **state) {
    struct network network = only("unix");
    assert_true(network_holds(&network, AF_UNIX, NULL));
    assert_false(network_holds(&network, AF_UNSPEC, NULL));
    network = only("0.0.0.0/0");
    assert_false(network_holds(&network, AF_UNIX, NULL));
    assert_false(network_holds(&network, AF_UNSPEC, NULL));
}

static void a_list_is_taken_from_its_start(void **state) {
    const char *list = "127.0.0.1,unix,::1";
    struct network network;
    const sa_family_t expected[] = {AF_INET, AF_UNIX, AF_INET6};
    for (size_t i = 0; i < 3; i++) {
        assert_null(network_next(&list, &network));
        assert_int_equal(network.family, expected[i]);
    }
    assert_null(list);
}

static void what_is_no_network_is_refused(void **state) {
    refuses("", "no address");
    refuses("127.0.0.1,", "no address");
    refuses("127.0.0.1, ::1", "no address");
    refuses("localhost", "no address");
    refuses("10.0.0", "no address");
    refuses("*", "no address");
    refuses("[::1]", "no address");
    refuses("010.0.0.1", "no address");
    refuses("10.0.0.0/33", "number of bits");
    refuses("::/129", "number of bits");
    refuses("10.0.0.0/", "number of bits");
    refuses("10.0.0.0/+8", "number of bits");
    refuses("10.0.0.0/8/8", "number of bits");
    refuses("10.0.0.1/8", "behind its prefix");
    refuses("2001:db8::1/32", "behind its prefix");
    refuses("1111111111111111111111111111111111111111111111111111111111111111111", "no address");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_holds_the_addresses_that_share_its_prefix),
        cmocka_unit_test(an_address_alone_is_a_network_of_one),
        cmocka_unit_test(no_bits_mean_every_address_of_the_family),
        cmocka_unit_test(an_ipv4_address_of_an_ipv6_socket_counts_as_ipv4),
        cmocka_unit_test(unix_stands_for_every_unix_socket),
        cmocka_unit_test(a_list_is_taken_from_its_start),
        cmocka_unit_test(what_is_no_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
