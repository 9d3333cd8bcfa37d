/* How long a slot rests after a death. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "supervisor/backoff.h"

static const int64_t ten_seconds = 10 * (int64_t)NS_PER_S;

static void the_first_death_costs_no_wait(void **state) {
    struct backoff backoff = {0};
    assert_int_equal(backoff_wait(&backoff, 0), 0);
}

static void early_deaths_double_the_wait_up_to_half_a_minute(void **state) {
    struct backoff backoff = {0};
    backoff_wait(&backoff, 0);
    for (int64_t expected = 100; expected < 30000; expected *= 2)
        assert_int_equal(backoff_wait(&backoff, ten_seconds - 1), expected * NS_PER_MS);
    for (int i = 0; i < 100; i++)
        assert_int_equal(backoff_wait(&backoff, 0), 30 * (int64_t)NS_PER_S);
}

static void a_worker_that_has_served_long_enough_starts_afresh(void **state) {
    struct backoff backoff = {0};
    for (int i = 0; i < 6; i++) backoff_wait(&backoff, 0);
    assert_int_equal(backoff_wait(&backoff, ten_seconds), 0);
    assert_int_equal(backoff_wait(&backoff, 0), 100 * NS_PER_MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_death_costs_no_wait),
        cmocka_unit_test(early_deaths_double_the_wait_up_to_half_a_minute),
        cmocka_unit_test(a_worker_that_has_served_long_enough_starts_afresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
