/* Which strategy is for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/strategy.h"

static char error[SENTENCE_SIZE];

static void takes(const char *text, enum setting_shape shape) {
    enum strategy strategy = strategy_parse(text, shape, error);
    if (strategy == STRATEGY_UNSAID) fail_msg("%s: %s", text, error);
    assert_string_equal(strategy_name(strategy), text);
}

static void refuses(const char *text, enum setting_shape shape, const char *why) {
    assert_int_equal(strategy_parse(text, shape, error), STRATEGY_UNSAID);
    if (!strstr(error, why)) fail_msg("%s was refused with: %s", text, error);
}

static void each_type_has_its_strategies(void **state) {
    static const char *const of_lists[] = {"append", "prepend", "append_unique", "union",
                                           "intersect"};
    for (enum setting_shape shape = 0; shape < SHAPES; shape++) {
        takes("override", shape);
        takes("keep", shape);
    }
    takes("merge", SHAPE_MAP);
    for (size_t i = 0; i < sizeof of_lists / sizeof *of_lists; i++) {
        takes(of_lists[i], SHAPE_LIST);
        refuses(of_lists[i], SHAPE_MAP, "a map can be override, keep or merge, not ");
    }
    refuses("merge", SHAPE_LIST,
            "a list can be override, keep, append, prepend, append_unique, "
            "union or intersect, not merge");
    refuses("append", SHAPE_SCALAR, "a scalar can be override or keep, not append");
}

static void an_unknown_one_is_named_with_the_nearest(void **state) {
    refuses("apend", SHAPE_LIST, "there is no strategy apend; did you mean append?");
    refuses("", SHAPE_LIST, "a list can be");
    refuses("frobnicate", SHAPE_MAP, "a map can be override, keep or merge, not frobnicate");
}

static void without_a_rule_maps_are_merged_and_the_rest_is_overridden(void **state) {
    const struct merge_rules none = {0};
    assert_int_equal(merge_rules_find(&none, setting_find("workers")), STRATEGY_OVERRIDE);
    assert_int_equal(merge_rules_find(&none, setting_find("bind")), STRATEGY_OVERRIDE);
    assert_int_equal(merge_rules_find(&none, setting_find("static")), STRATEGY_MERGE);
}

static void a_rule_for_a_key_goes_before_one_for_its_type(void **state) {
    const struct setting *bind = setting_find("bind"), *proxies = setting_find("trusted-proxies");
    struct merge_rules rules = {.types = {[SHAPE_LIST] = STRATEGY_APPEND}};
    rules.keys[bind - settings_table] = STRATEGY_KEEP;
    assert_int_equal(merge_rules_find(&rules, bind), STRATEGY_KEEP);
    assert_int_equal(merge_rules_find(&rules, proxies), STRATEGY_APPEND);
}

static void later_rules_take_the_place_of_earlier_ones_as_far_as_they_go(void **state) {
    struct merge_rules rules = {
        .types = {[SHAPE_LIST] = STRATEGY_APPEND, [SHAPE_MAP] = STRATEGY_KEEP}};
    const struct merge_rules later = {.types = {[SHAPE_LIST] = STRATEGY_UNION}};
    merge_rules_add(&rules, &later);
    assert_int_equal(rules.types[SHAPE_LIST], STRATEGY_UNION);
    assert_int_equal(rules.types[SHAPE_MAP], STRATEGY_KEEP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_strategies),
        cmocka_unit_test(an_unknown_one_is_named_with_the_nearest),
        cmocka_unit_test(without_a_rule_maps_are_merged_and_the_rest_is_overridden),
        cmocka_unit_test(a_rule_for_a_key_goes_before_one_for_its_type),
        cmocka_unit_test(later_rules_take_the_place_of_earlier_ones_as_far_as_they_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
