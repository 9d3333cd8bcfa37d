/* One value laid over another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/merge.h"

static struct arena arena;

/* "1 3 2" is a list, "/a=1 /b=2" a map; whose line tells earlier, 1, from later, 2. */
static struct value value(const char *text, int line) {
    const struct origin origin = {ORIGIN_FILE, "a.yaml", line};
    struct value made = {.given = true, .origin = origin};
    char copy[128], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(word, '=');
        struct item item = {.text = arena_copy(&arena, word, strlen(word)), .origin = origin};
        if (equals) {
            item.key = arena_copy(&arena, word, (size_t)(equals - word));
            item.text = arena_copy(&arena, equals + 1, strlen(equals + 1));
        }
        assert_int_equal(value_append(&arena, &made, &item), 0);
    }
    return made;
}

static void makes(enum strategy strategy, enum strategy of_entries, const char *earlier,
                  const char *later, const char *expected) {
    struct value first = value(earlier, 1), second = value(later, 2), result;
    char text[256] = "";
    assert_int_equal(value_merge(&arena, strategy, of_entries, &first, &second, &result), 0);
    assert_true(result.given);
    for (const struct item *item = result.first; item; item = item->next)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s%s", *text ? " " : "",
                 item->key ? item->key : "", item->key ? "=" : "", item->text);
    assert_string_equal(text, expected);
}

static void list(enum strategy strategy, const char *earlier, const char *later,
                 const char *expected) {
    makes(strategy, STRATEGY_OVERRIDE, earlier, later, expected);
}

static void override_takes_the_later_and_keep_the_earlier(void **state) {
    list(STRATEGY_OVERRIDE, "1 2", "3", "3");
    list(STRATEGY_OVERRIDE, "1 2", "", "");
    list(STRATEGY_KEEP, "1 2", "3", "1 2");
    list(STRATEGY_KEEP, "", "3", "");
}

static void lists_are_joined_in_either_order(void **state) {
    list(STRATEGY_APPEND, "1 2", "2 3", "1 2 2 3");
    list(STRATEGY_PREPEND, "1 2", "2 3", "2 3 1 2");
}

/* The first is an example of deepmerge's own. */
static void append_unique_adds_what_is_new(void **state) {
    list(STRATEGY_APPEND_UNIQUE, "1 3 2", "3 5 4 1 2", "1 3 2 5 4");
    list(STRATEGY_APPEND_UNIQUE, "1 1", "2 2", "1 1 2 2");
}

static void union_and_intersect_have_nothing_twice(void **state) {
    list(STRATEGY_UNION, "1 1 2", "3 2 3", "1 2 3");
    list(STRATEGY_INTERSECT, "3 1 2 1", "1 3 4", "3 1");
    list(STRATEGY_INTERSECT, "1", "2", "");
}

static void maps_are_merged_by_key(void **state) {
    makes(STRATEGY_MERGE, STRATEGY_OVERRIDE, "/a=1 /b=2", "/b=3 /c=4", "/a=1 /b=3 /c=4");
    makes(STRATEGY_MERGE, STRATEGY_KEEP, "/a=1 /b=2", "/b=3 /c=4", "/a=1 /b=2 /c=4");
}

static void each_part_remembers_where_it_comes_from(void **state) {
    struct value first = value("/a=1 /b=2", 1), second = value("/b=3", 2), result;
    value_merge(&arena, STRATEGY_MERGE, STRATEGY_OVERRIDE, &first, &second, &result);
    assert_int_equal(result.origin.line, 2);
    assert_int_equal(result.first->origin.line, 1);
    assert_int_equal(result.first->next->origin.line, 2);
    assert_string_equal(first.first->next->text, "2");
}

static void the_result_may_take_the_place_of_the_earlier(void **state) {
    struct value first = value("1", 1), second = value("2", 2);
    assert_int_equal(
        value_merge(&arena, STRATEGY_APPEND, STRATEGY_OVERRIDE, &first, &second, &first), 0);
    assert_string_equal(first.first->next->text, "2");
    assert_null(first.first->next->next);
}

static int tear_down(void **state) {
    arena_fini(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(override_takes_the_later_and_keep_the_earlier),
        cmocka_unit_test(lists_are_joined_in_either_order),
        cmocka_unit_test(append_unique_adds_what_is_new),
        cmocka_unit_test(union_and_intersect_have_nothing_twice),
        cmocka_unit_test(maps_are_merged_by_key),
        cmocka_unit_test(each_part_remembers_where_it_comes_from),
        cmocka_unit_test(the_result_may_take_the_place_of_the_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
