/* How many connections there are of each address. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/address_table.h"

static int begin(void **state) {
    static struct address_table table;
    address_table_init(&table);
    *state = &table;
    return 0;
}

static int end(void **state) {
    address_table_fini(*state);
    return 0;
}

static union peer peer(const char *address) {
    union peer made = {.family = AF_INET};
    if (inet_pton(AF_INET, address, &made.v4.sin_addr) == 1) return made;
    made.family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, address, &made.v6.sin6_addr), 1);
    return made;
}

static union peer numbered(unsigned number) {
    return (union peer){.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)}};
}

static bool add(struct address_table *table, union peer peer, uint32_t most) {
    assert_int_equal(address_table_reserve(table), 0);
    return address_table_add(table, &peer, most);
}

static void drop(struct address_table *table, union peer peer) {
    address_table_remove(table, &peer);
}

static void an_address_may_have_as_many_as_the_limit(void **state) {
    union peer one = peer("192.0.2.1");
    assert_true(add(*state, one, 2));
    assert_true(add(*state, one, 2));
    assert_false(add(*state, one, 2));
    assert_true(add(*state, peer("192.0.2.2"), 2));
    drop(*state, one);
    assert_true(add(*state, one, 2));
    assert_false(add(*state, one, 2));
}

static void an_ipv6_client_is_its_network(void **state) {
    assert_true(add(*state, peer("2001:db8:1:2::1"), 1));
    assert_false(add(*state, peer("2001:db8:1:2:ffff::9"), 1));
    assert_true(add(*state, peer("2001:db8:1:3::1"), 1));
    assert_true(add(*state, peer("::1"), 1));
    assert_false(add(*state, peer("::1"), 1));
}

static void an_ipv4_client_is_the_same_on_an_ipv6_socket(void **state) {
    assert_true(add(*state, peer("::ffff:192.0.2.1"), 1));
    assert_false(add(*state, peer("192.0.2.1"), 1));
    assert_true(add(*state, peer("192.0.2.2"), 1));
}

static void no_ipv6_client_stands_in_the_place_of_an_ipv4_one(void **state) {
    assert_true(add(*state, peer("32.1.13.184"), 1));
    assert_true(add(*state, peer("2001:db8:100::"), 1)); /* the same octets, 32 1 13 184 */
    assert_true(add(*state, peer("2001:db8:1::"), 1));
}

static void an_address_without_connections_takes_no_room(void **state) {
    struct address_table *table = *state;
    for (unsigned i = 0; i < 10000; i++) {
        assert_true(add(table, numbered(i), 1));
        drop(table, numbered(i));
    }
    assert_int_equal(table->used, 0);
    assert_true(table->size <= 64);
}

/* Beside a plain array, over which each address is found by its number. */
static void it_counts_as_an_array_does(void **state) {
    enum { ADDRESSES = 500, TURNS = 200000, MOST = 3 };
    static uint32_t expected[ADDRESSES];
    struct address_table *table = *state;
    unsigned random = 1;
    for (int turn = 0; turn < TURNS; turn++) {
        random = random * 1103515245 + 12345;
        unsigned which = random / 65536 % ADDRESSES;
        if (random & 0x8000) {
            bool room = expected[which] < MOST;
            assert_int_equal(add(table, numbered(which), MOST), room);
            expected[which] += room;
        } else if (expected[which]) {
            drop(table, numbered(which));
            expected[which]--;
        }
    }
    size_t used = 0;
    for (int i = 0; i < ADDRESSES; i++) used += expected[i] > 0;
    assert_int_equal(table->used, used);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_address_may_have_as_many_as_the_limit),
        TEST(an_ipv6_client_is_its_network),
        TEST(an_ipv4_client_is_the_same_on_an_ipv6_socket),
        TEST(no_ipv6_client_stands_in_the_place_of_an_ipv4_one),
        TEST(an_address_without_connections_takes_no_room),
        TEST(it_counts_as_an_array_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
