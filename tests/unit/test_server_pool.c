/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "server/pool.h"

enum { PAGE = 4096, MANY = 300 };

static struct pool pool;
static char *blocks[MANY];

static int begin(void **state) {
    pool_init(&pool, PAGE);
    return 0;
}

static int end(void **state) {
    free(pool.idle);
    return 0;
}

static void take_all(void) {
    for (int i = 0; i < MANY; i++) {
        blocks[i] = pool_take(&pool);
        assert_non_null(blocks[i]);
        memset(blocks[i], i, PAGE);
    }
}

static void give_all(void) {
    for (int i = MANY; i > 0; i--) pool_give(&pool, blocks[i - 1]);
}

static void blocks_do_not_overlap(void **state) {
    take_all();
    for (int i = 0; i < MANY; i++) {
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        assert_int_equal(blocks[i][0], (char)i);
        assert_int_equal(blocks[i][PAGE - 1], (char)i);
    }
}

static void the_last_block_given_back_is_taken_first(void **state) {
    take_all();
    give_all();
    assert_ptr_equal(pool_take(&pool), blocks[0]);
    assert_ptr_equal(pool_take(&pool), blocks[1]);
}

static void trimming_takes_the_pages_of_cold_blocks_only(void **state) {
    take_all();
    give_all();
    assert_int_equal(pool_trim(&pool, 10, MANY), 0); /* in use within the period that ends here */
    size_t idle = pool.idle_count;
    assert_int_equal(pool_trim(&pool, 10, 2 * MANY), idle - 10);
    assert_int_equal(pool_warm(&pool), 10);
    for (int i = 0; i < 10; i++) assert_int_equal(blocks[i][0], (char)i);
    for (int i = 10; i < MANY; i++) assert_int_equal(blocks[i][0], 0);
}

static void a_trim_stops_at_its_count_and_goes_on_there(void **state) {
    take_all();
    give_all();
    pool_trim(&pool, 0, MANY);
    assert_int_equal(pool_trim(&pool, 10, 100), 100);
    assert_int_equal(pool_trim(&pool, 10, 100), 100);
    assert_int_equal(pool_warm(&pool), pool.idle_count - 200);
}

static void what_was_needed_within_the_period_is_kept(void **state) {
    take_all();
    give_all();
    pool_trim(&pool, 0, MANY);
    for (int i = 0; i < 200; i++) blocks[i] = pool_take(&pool);
    for (int i = 200; i > 0; i--) pool_give(&pool, blocks[i - 1]);
    assert_int_equal(pool_trim(&pool, 0, MANY), pool.idle_count - 200);
}

static void blocks_that_were_cold_are_warm_after_use(void **state) {
    take_all();
    give_all();
    pool_trim(&pool, 0, MANY);
    pool_trim(&pool, 0, 2 * MANY);
    assert_int_equal(pool_warm(&pool), 0);
    char *block = pool_take(&pool);
    block[0] = 1;
    pool_give(&pool, block);
    assert_int_equal(pool_warm(&pool), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(blocks_do_not_overlap),
        TEST(the_last_block_given_back_is_taken_first),
        TEST(trimming_takes_the_pages_of_cold_blocks_only),
        TEST(a_trim_stops_at_its_count_and_goes_on_there),
        TEST(what_was_needed_within_the_period_is_kept),
        TEST(blocks_that_were_cold_are_warm_after_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
