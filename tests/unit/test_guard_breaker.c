/* The circuit breaker, on a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "guard/breaker.h"

#define S(count) ((count) * (int64_t)NS_PER_S)

static const struct breaker_rule rule = {.percent = 50, .calls = 4, .window = S(10), .pause = S(5)};
static struct breaker breaker;
static int64_t now;

static int begin(void **state) {
    breaker = (struct breaker){0};
    now = S(1000);
    return 0;
}

static bool note(bool failed) { return breaker_note(&breaker, &rule, failed, false, now); }

static void note_times(bool failed, int count) {
    while (count--) note(failed);
}

static void a_closed_one_lets_all_pass(void **state) {
    note_times(true, 3);
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_PASS);
}

static void it_opens_when_the_rate_is_reached_and_there_are_calls_enough(void **state) {
    note_times(true, 3);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(note(true));
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_REFUSE);
}

static void answers_keep_it_closed(void **state) {
    note_times(false, 5);
    note_times(true, 4);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(note(true));
}

static void what_is_older_than_the_window_does_not_count(void **state) {
    note_times(true, 3);
    now += S(10);
    assert_false(note(true));
    assert_int_equal(breaker_sum(&breaker, &rule, now).failed, 1);
}

static void the_window_slides(void **state) {
    for (int i = 0; i < 8; i++, now += S(1)) note(i % 2 == 1 && i > 4);
    struct breaker_slice sum = breaker_sum(&breaker, &rule, now);
    assert_int_equal(sum.failed, 2);
    assert_int_equal(sum.answered, 6);
    now += S(4);
    sum = breaker_sum(&breaker, &rule, now);
    assert_int_equal(sum.failed, 2);
    assert_int_equal(sum.answered, 3);
}

static void after_a_pause_one_may_probe(void **state) {
    note_times(true, 4);
    now += S(5);
    assert_false(breaker_refuses(&breaker, now));
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_PROBE);
    assert_true(breaker_refuses(&breaker, now));
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_REFUSE);
}

static void another_may_when_nothing_is_heard_of_the_first(void **state) {
    note_times(true, 4);
    now += S(5);
    breaker_ask(&breaker, &rule, now);
    now += S(5);
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_PROBE);
}

static void an_answer_to_the_probe_closes_it_and_forgets_the_rest(void **state) {
    note_times(true, 4);
    now += S(5);
    breaker_ask(&breaker, &rule, now);
    assert_true(breaker_note(&breaker, &rule, false, true, now));
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_PASS);
    note_times(true, 3);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void a_probe_that_fails_opens_it_again(void **state) {
    note_times(true, 4);
    now += S(5);
    breaker_ask(&breaker, &rule, now);
    assert_true(breaker_note(&breaker, &rule, true, true, now));
    now += S(4);
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_REFUSE);
    now += S(1);
    assert_int_equal(breaker_ask(&breaker, &rule, now), BREAKER_PROBE);
}

static void what_is_no_probe_changes_nothing_while_it_is_not_closed(void **state) {
    note_times(true, 4);
    assert_false(note(false));
    now += S(5);
    breaker_ask(&breaker, &rule, now);
    assert_false(note(false));
    assert_false(note(true));
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
}

static void without_a_rate_it_never_opens(void **state) {
    static const struct breaker_rule none = {0};
    for (int i = 0; i < 100; i++) assert_false(breaker_note(&breaker, &none, true, false, now));
    assert_int_equal(breaker_ask(&breaker, &none, now), BREAKER_PASS);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_closed_one_lets_all_pass),
        TEST(it_opens_when_the_rate_is_reached_and_there_are_calls_enough),
        TEST(answers_keep_it_closed),
        TEST(what_is_older_than_the_window_does_not_count),
        TEST(the_window_slides),
        TEST(after_a_pause_one_may_probe),
        TEST(another_may_when_nothing_is_heard_of_the_first),
        TEST(an_answer_to_the_probe_closes_it_and_forgets_the_rest),
        TEST(a_probe_that_fails_opens_it_again),
        TEST(what_is_no_probe_changes_nothing_while_it_is_not_closed),
        TEST(without_a_rate_it_never_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
