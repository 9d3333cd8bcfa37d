/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "server/expiry.h"

/* The loop's clock and its timers, moved by hand. */
static int64_t now;
static struct timer *running;
static int starts;

int64_t loop_now(void) { return now; }

void timer_start(struct timer *timer, int64_t due) {
    timer->node.key = due;
    running = timer;
    starts++;
}

static void pass_time_until(int64_t then) {
    while (running && running->node.key <= then) {
        struct timer *timer = running;
        now = timer->node.key;
        running = NULL;
        timer->fire(timer);
    }
    now = then;
}

static struct expiry expiry;
static struct expiry_node nodes[4];
static char order[16]; /* of those that expired: "0123" */

static void note(struct expiry_node *node) {
    assert_false(list_linked(&node->place));
    size_t len = strlen(order);
    order[len] = (char)('0' + (node - nodes));
    order[len + 1] = '\0';
}

static int begin(void **state) {
    now = 1000;
    running = NULL;
    starts = 0;
    memset(nodes, 0, sizeof nodes);
    *order = '\0';
    expiry_init(&expiry, 100, note);
    return 0;
}

static void nobody_expires_before_the_time(void **state) {
    expiry_join(&expiry, &nodes[0]);
    pass_time_until(1099);
    assert_string_equal(order, "");
    pass_time_until(1100);
    assert_string_equal(order, "0");
    assert_null(running);
}

static void they_expire_in_order_of_arrival(void **state) {
    for (int i = 0; i < 4; i++) {
        expiry_join(&expiry, &nodes[i]);
        now += 10;
    }
    pass_time_until(1115);
    assert_string_equal(order, "01");
    pass_time_until(1200);
    assert_string_equal(order, "0123");
}

static void who_has_left_does_not_expire(void **state) {
    expiry_join(&expiry, &nodes[0]);
    expiry_join(&expiry, &nodes[1]);
    expiry_leave(&nodes[0]);
    expiry_leave(&nodes[0]);
    pass_time_until(1200);
    assert_string_equal(order, "1");
}

static void joining_again_starts_the_time_anew(void **state) {
    expiry_join(&expiry, &nodes[0]);
    pass_time_until(1050);
    expiry_leave(&nodes[0]);
    expiry_join(&expiry, &nodes[0]);
    pass_time_until(1149);
    assert_string_equal(order, "");
    pass_time_until(1150);
    assert_string_equal(order, "0");
}

static void coming_and_going_leaves_the_timer_alone(void **state) {
    for (int i = 0; i < 50; i++) {
        expiry_join(&expiry, &nodes[0]);
        expiry_leave(&nodes[0]);
    }
    assert_int_equal(starts, 1);
}

static void shortening_counts_for_those_who_wait_already(void **state) {
    expiry_join(&expiry, &nodes[0]);
    pass_time_until(1095);
    expiry_join(&expiry, &nodes[1]);
    expiry_shorten(&expiry, 20);
    expiry_join(&expiry, &nodes[2]);
    pass_time_until(1100);
    assert_string_equal(order, "0"); /* as it would have anyway */
    pass_time_until(1115);
    assert_string_equal(order, "012");
}

static void shortening_does_not_lengthen(void **state) {
    expiry_join(&expiry, &nodes[0]);
    expiry_shorten(&expiry, 500);
    pass_time_until(1100);
    assert_string_equal(order, "0");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nobody_expires_before_the_time),
        TEST(they_expire_in_order_of_arrival),
        TEST(who_has_left_does_not_expire),
        TEST(joining_again_starts_the_time_anew),
        TEST(coming_and_going_leaves_the_timer_alone),
        TEST(shortening_counts_for_those_who_wait_already),
        TEST(shortening_does_not_lengthen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
