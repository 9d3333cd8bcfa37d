/* What a file says of which setting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/layer_file.h"

static struct arena arena;
static struct layer layer;
static char error[SENTENCE_SIZE];

static int take(const char *text) {
    arena_fini(&arena);
    return layer_read_text(&layer, &arena, "a.yaml", text, strlen(text), error);
}

static const struct value *reads(const char *text, const char *name) {
    if (take(text) < 0) fail_msg("'%s': %s", text, error);
    return &layer.values[setting_find(name) - settings_table];
}

static void refuses(const char *text, const char *why) {
    if (take(text) == 0) fail_msg("'%s' was taken", text);
    assert_string_equal(error, why);
}

static void each_value_knows_its_line(void **state) {
    const struct value *workers = reads("app: shop:app\nworkers: 4\n", "workers");
    assert_true(workers->given);
    assert_string_equal(workers->first->text, "4");
    assert_string_equal(workers->first->origin.name, "a.yaml");
    assert_int_equal(workers->first->origin.line, 2);
    assert_false(layer.values[setting_find("python") - settings_table].given);
}

static void of_a_list_with_one_value_the_text_will_do(void **state) {
    const struct value *bind = reads("bind: ':80'\n", "bind");
    assert_string_equal(bind->first->text, ":80");
    assert_null(bind->first->next);
    const struct value *proxies = reads("trusted-proxies: 10.0.0.1,unix\n", "trusted-proxies");
    assert_string_equal(proxies->first->text, "10.0.0.1");
    assert_string_equal(proxies->first->next->text, "unix");
}

static void an_empty_list_is_said(void **state) {
    const struct value *bind = reads("bind: []\n", "bind");
    assert_true(bind->given);
    assert_null(bind->first);
}

static void a_map_has_keys(void **state) {
    const struct value *statics = reads("static:\n  /a: x\n  /b: y\n", "static");
    assert_string_equal(statics->first->next->key, "/b");
    assert_string_equal(statics->first->next->text, "y");
    assert_int_equal(statics->first->next->origin.line, 3);
}

static void the_merge_section_has_rules_for_types_and_keys(void **state) {
    reads("merge: {list: append, bind: keep, static: override}\n", "bind");
    assert_int_equal(layer.rules.types[SHAPE_LIST], STRATEGY_APPEND);
    assert_int_equal(layer.rules.types[SHAPE_MAP], STRATEGY_UNSAID);
    assert_int_equal(layer.rules.keys[setting_find("bind") - settings_table], STRATEGY_KEEP);
    assert_int_equal(layer.rules.keys[setting_find("static") - settings_table], STRATEGY_OVERRIDE);
}

static void an_unknown_key_is_named_with_the_nearest_known(void **state) {
    refuses("wrokers: 4\n", "a.yaml:1: unknown key wrokers; did you mean workers?");
    refuses("app: a\nhead_timeout: 4\n",
            "a.yaml:2: unknown key head_timeout; did you mean head-timeout?");
    refuses("mrege: {}\n", "a.yaml:1: unknown key mrege; did you mean merge?");
    refuses("frobnicate: 1\n", "a.yaml:1: unknown key frobnicate; see greenroom serve --help");
    refuses("merge:\n  bnid: keep\n", "a.yaml:2: unknown key merge.bnid; did you mean merge.bind?");
    refuses("merge: {lists: keep}\n",
            "a.yaml:1: unknown key merge.lists; did you mean merge.list?");
}

static void a_value_of_another_type_is_refused(void **state) {
    refuses("workers: [4]\n", "a.yaml:1: workers must be one value, not a list");
    refuses("workers: {a: 4}\n", "a.yaml:1: workers must be one value, not a map");
    refuses("workers:\n", "a.yaml:1: workers must be one value, not nothing");
    refuses("bind: {a: b}\n", "a.yaml:1: bind must be a list of values, not a map");
    refuses("bind:\n  - :80\n  - [x]\n", "a.yaml:3: bind[1] must be one value, not a list");
    refuses("bind:\n  -\n", "a.yaml:2: bind[0] must be one value, not nothing");
    refuses("static: /a=b\n", "a.yaml:1: static must be a map, not one value");
    refuses("static:\n  /a: [b]\n", "a.yaml:2: static./a must be one value, not a list");
    refuses("merge: append\n", "a.yaml:1: merge must be a map, not one value");
    refuses("merge: {bind: [keep]}\n", "a.yaml:1: merge.bind must name a strategy");
}

static void a_strategy_is_for_a_type(void **state) {
    refuses("merge:\n  workers: append\n",
            "a.yaml:2: merge.workers: a scalar can be override or keep, not append");
    refuses("merge:\n  bind: apend\n",
            "a.yaml:2: merge.bind: there is no strategy apend; did you mean append?");
}

static void what_is_not_yaml_is_told_with_file_and_line(void **state) {
    refuses("app: a\napp: b\n", "a.yaml:2: app is said twice, first in line 1");
}

static void a_file_that_cannot_be_read_is_named(void **state) {
    assert_int_equal(layer_read_file(&layer, &arena, "/none/a.yaml", error), -1);
    assert_string_equal(error, "cannot read /none/a.yaml: No such file or directory");
    assert_int_equal(layer_read_file(&layer, &arena, "/", error), -1);
    assert_string_equal(error, "cannot read /: Is a directory");
    assert_int_equal(layer_read_file(&layer, &arena, "/dev/null", error), 0);
    assert_int_equal(layer_read_file(&layer, &arena, "/dev/zero", error), -1);
    assert_string_equal(error, "/dev/zero: the file is larger than 256 KiB");
}

static int tear_down(void **state) {
    arena_fini(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_knows_its_line),
        cmocka_unit_test(of_a_list_with_one_value_the_text_will_do),
        cmocka_unit_test(an_empty_list_is_said),
        cmocka_unit_test(a_map_has_keys),
        cmocka_unit_test(the_merge_section_has_rules_for_types_and_keys),
        cmocka_unit_test(an_unknown_key_is_named_with_the_nearest_known),
        cmocka_unit_test(a_value_of_another_type_is_refused),
        cmocka_unit_test(a_strategy_is_for_a_type),
        cmocka_unit_test(what_is_not_yaml_is_told_with_file_and_line),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
