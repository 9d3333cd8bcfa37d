/* Metrics by endpoint and number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/endpoint_pairs.h"

static char metrics[2 * ENDPOINT_PAIRS_MAX];
static unsigned made;
static char last_endpoint[KNOWN_NAME_SIZE];
static unsigned last_number;

static gr_metric *find(const char *endpoint, unsigned number) {
    strcpy(last_endpoint, endpoint);
    last_number = number;
    return (gr_metric *)&metrics[made++];
}

static gr_metric *get(struct endpoint_pairs *pairs, const char *endpoint, unsigned number) {
    return endpoint_pairs_get(pairs, endpoint, endpoint_pairs_hash(endpoint), number);
}

static void a_pair_is_made_once(void **state) {
    static struct endpoint_pairs pairs = {.find = find};
    gr_metric *one = get(&pairs, "/a", 1);
    assert_string_equal(last_endpoint, "/a");
    assert_int_equal(last_number, 1);
    assert_ptr_not_equal(get(&pairs, "/a", 2), one);
    assert_ptr_not_equal(get(&pairs, "/b", 1), one);
    unsigned before = made;
    assert_ptr_equal(get(&pairs, "/a", 1), one);
    assert_int_equal(made, before);
}

static void beyond_so_many_there_is_one_for_the_rest(void **state) {
    static struct endpoint_pairs pairs = {.find = find};
    static gr_metric *known[ENDPOINT_PAIRS_MAX];
    char endpoint[16];
    for (unsigned i = 0; i < ENDPOINT_PAIRS_MAX; i++) {
        snprintf(endpoint, sizeof endpoint, "/%u", i / 7);
        known[i] = get(&pairs, endpoint, i % 7);
    }
    gr_metric *rest = get(&pairs, "/new", 1);
    assert_int_equal(last_number, ENDPOINT_PAIR_REST);
    assert_string_equal(last_endpoint, "(others)");
    unsigned before = made;
    for (unsigned i = 0; i < 100; i++) assert_ptr_equal(get(&pairs, "/new", i), rest);
    for (unsigned i = 0; i < ENDPOINT_PAIRS_MAX; i++) {
        snprintf(endpoint, sizeof endpoint, "/%u", i / 7);
        assert_ptr_equal(get(&pairs, endpoint, i % 7), known[i]);
    }
    assert_int_equal(made, before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_made_once),
        cmocka_unit_test(beyond_so_many_there_is_one_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
