/* A file of settings as a tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/yaml.h"

static struct arena arena;
static char error[SENTENCE_SIZE];

static struct node *read_bytes(const char *text, size_t len, int *line) {
    arena_fini(&arena);
    error[0] = '\0';
    return yaml_read(&arena, text, len, line, error);
}

static const struct node *reads(const char *text) {
    int line;
    const struct node *root = read_bytes(text, strlen(text), &line);
    if (!root) fail_msg("'%s': %d: %s", text, line, error);
    assert_int_equal(root->kind, NODE_MAP);
    return root;
}

static void refuses(const char *text, int where, const char *why) {
    int line;
    if (read_bytes(text, strlen(text), &line)) fail_msg("'%s' was taken", text);
    if (!strstr(error, why)) fail_msg("'%s' was refused with: %s", text, error);
    assert_int_equal(line, where);
}

static void each_node_knows_its_line(void **state) {
    const struct node *root = reads("# first\nworkers: 4\nbind:\n  - :80\n  - :81\nstatic:\n"
                                    "  /a: b\n");
    const struct node *workers = root->first, *bind = workers->next, *statics = bind->next;
    assert_string_equal(workers->key, "workers");
    assert_string_equal(workers->text, "4");
    assert_int_equal(workers->line, 2);
    assert_int_equal(bind->kind, NODE_LIST);
    assert_int_equal(bind->line, 3);
    assert_string_equal(bind->first->next->text, ":81");
    assert_int_equal(bind->first->next->line, 5);
    assert_int_equal(statics->kind, NODE_MAP);
    assert_string_equal(statics->first->key, "/a");
    assert_int_equal(statics->first->line, 7);
    assert_null(statics->next);
}

static void all_text_is_what_it_looks_like(void **state) {
    static const char *const texts[] = {"on", "no", "010", "1:30", "1e3", "0x10", "2026-11-27"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char line[64] = "key: ";
        assert_string_equal(reads(strcat(line, texts[i]))->first->text, texts[i]);
    }
    assert_string_equal(reads("key: 'a # b'  # c")->first->text, "a # b");
    assert_string_equal(reads("key: \"\\u00e9\"")->first->text, "\xc3\xa9");
}

static void nothing_is_told_from_an_empty_text(void **state) {
    assert_true(reads("key:")->first->is_null);
    assert_true(reads("key: ~")->first->is_null);
    assert_true(reads("key: Null")->first->is_null);
    assert_false(reads("key: ''")->first->is_null);
    assert_false(reads("key: '~'")->first->is_null);
}

static void an_empty_file_is_an_empty_map(void **state) {
    assert_null(reads("")->first);
    assert_null(reads("# nothing\n")->first);
    assert_null(reads("---\n...\n")->first);
    assert_null(reads("{}")->first);
}

static void a_key_is_said_once(void **state) {
    refuses("a: 1\nb: 2\na: 3\n", 3, "a is said twice, first in line 1");
    refuses("s: {x: 1, x: 2}\n", 1, "x is said twice");
    reads("a: {x: 1}\nb: {x: 1}\n");
}

static void what_readers_disagree_about_is_refused(void **state) {
    refuses("a: &x 1\n", 1, "anchors are not understood here: &x");
    refuses("a: 1\nb: *x\n", 2, "aliases are not understood here: *x");
    refuses("a: &x [1]\n", 1, "anchors");
    refuses("*x : 1\n", 1, "a key must be text");
    refuses("a: !!int 1\n", 1, "tags, such as !name, are not understood here");
    refuses("a: !append [1]\n", 1, "tags, such as");
    refuses("a: 1\n---\nb: 2\n", 2, "a second document begins");
    refuses("a: 1\n...\n---\n", 3, "a second document begins");
    refuses("? [a]\n: 1\n", 1, "a key must be text");
}

static void what_is_not_yaml_says_where(void **state) {
    refuses("a: 1\nbind:\n\t- :80\n", 3, "a tab indents this line; YAML wants blanks");
    refuses("a: 1\nb: [1, 2\n", 3, "while parsing a flow sequence");
    refuses("a: 1\n  b: 2\n", 2, "mapping values are not allowed");
    refuses("a: 1\nb: \xff\n", 2, "invalid leading UTF-8 octet");
    refuses("a: 1\nb: \x01\n", 2, "control characters are not allowed");
    refuses("- a\n", 1, "KEY: VALUE");
    refuses("serve\n", 1, "KEY: VALUE");
}

static void control_characters_do_not_come_in_by_the_back_door(void **state) {
    refuses("a: \"x\\ny\"\n", 1, "control character");
    refuses("a: \"x\\0y\"\n", 1, "control character");
    refuses("a: |\n  text\n", 1, "control character");
    refuses("a: \"\\x9b\"\n", 1, "control character");
    refuses("\"a\\e\": 1\n", 1, "control character");
}

static void what_is_too_large_is_refused(void **state) {
    static char text[YAML_SIZE_MAX + 1];
    int line;
    memset(text, '#', sizeof text);
    assert_non_null(read_bytes(text, sizeof text - 1, &line));
    assert_null(read_bytes(text, sizeof text, &line));
    assert_non_null(strstr(error, "larger than 256 KiB"));
    memset(text, '-', sizeof text);
    strcpy(text, "a: [");
    for (int i = 0; i < YAML_NODES_MAX; i++) strcpy(text + 4 + 2 * i, "1,");
    refuses(text, 1, "more than 4096 values");
    memset(text, '[', 4096);
    text[4096] = '\0';
    refuses(text, 1, "more than 8 deep");
}

static int tear_down(void **state) {
    arena_fini(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_node_knows_its_line),
        cmocka_unit_test(all_text_is_what_it_looks_like),
        cmocka_unit_test(nothing_is_told_from_an_empty_text),
        cmocka_unit_test(an_empty_file_is_an_empty_map),
        cmocka_unit_test(a_key_is_said_once),
        cmocka_unit_test(what_readers_disagree_about_is_refused),
        cmocka_unit_test(what_is_not_yaml_says_where),
        cmocka_unit_test(control_characters_do_not_come_in_by_the_back_door),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
