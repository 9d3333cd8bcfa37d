/* Commands, cut into words as a shell does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/words.h"

enum { TEXT_MAX = 64 };

/* joined: the words, each followed by '|'. */
static void cuts(const char *command, const char *joined) {
    char text[TEXT_MAX], found[2 * TEXT_MAX] = "";
    char *words[words_room(TEXT_MAX)];
    const char *why = words_split(strcpy(text, command), words);
    if (why) fail_msg("%s: %s", command, why);
    for (char **word = words; *word; word++) strcat(strcat(found, *word), "|");
    assert_string_equal(found, joined);
}

static void refuses(const char *command, const char *part) {
    char text[TEXT_MAX];
    char *words[words_room(TEXT_MAX)];
    const char *why = words_split(strcpy(text, command), words);
    if (!why) fail_msg("%s was taken", command);
    if (!strstr(why, part)) fail_msg("%s: %s", command, why);
}

static void blanks_separate_words(void **state) {
    cuts("a", "a|");
    cuts("celery -A app worker", "celery|-A|app|worker|");
    cuts("  a \t b  ", "a|b|");
}

static void quotation_marks_keep_blanks(void **state) {
    cuts("sh -c 'a b'", "sh|-c|a b|");
    cuts("a \"b c\" d", "a|b c|d|");
    cuts("a'b 'c\" d\"e", "ab c de|");
    cuts("a '' \"\"", "a|||");
    cuts("'a \\ \"$x\" b'", "a \\ \"$x\" b|");
}

static void a_backslash_keeps_what_follows_it(void **state) {
    cuts("a\\ b \\'c \\\\", "a b|'c|\\|");
    cuts("\"a\\\"b\\\\c\\$d\\`e\"", "a\"b\\c$d`e|");
    cuts("\"a\\b\"", "a\\b|");
    cuts("\\$a \\>", "$a|>|");
}

static void nothing_is_expanded(void **state) {
    cuts("a * ? [b] ~ {c} # !d e=f %1", "a|*|?|[b]|~|{c}|#|!d|e=f|%1|");
    cuts("a '$HOME' 'b;c'", "a|$HOME|b;c|");
}

static void what_is_not_closed_is_refused(void **state) {
    refuses("a 'b", "quotation mark");
    refuses("a \"b", "quotation mark");
    refuses("a \"b\\\"", "quotation mark");
    refuses("a \"b\\", "quotation mark");
    refuses("a 'b\" c", "quotation mark");
    refuses("a \\", "backslash");
    refuses("", "no word");
    refuses(" \t", "no word");
}

static void what_only_a_shell_could_do_is_refused(void **state) {
    static const char *const wrong[] = {"a $b", "a \"$b\"", "a `b`", "a \"`b`\"", "a | b",
                                        "a&",   "a;b",      "a <b",  "a >b",      "(a)"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i], "shell");
}

static void there_is_room_for_as_many_words_as_there_can_be(void **state) {
    assert_true(words_room(strlen("a b c")) >= 4);
    assert_true(words_room(0) >= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_separate_words),
        cmocka_unit_test(quotation_marks_keep_blanks),
        cmocka_unit_test(a_backslash_keeps_what_follows_it),
        cmocka_unit_test(nothing_is_expanded),
        cmocka_unit_test(what_is_not_closed_is_refused),
        cmocka_unit_test(what_only_a_shell_could_do_is_refused),
        cmocka_unit_test(there_is_room_for_as_many_words_as_there_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
