/* Layers over each other, and what `greenroom config` says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/explain.h"

enum { WORDS_MAX = 16 };

static char folder[] = "/tmp/greenroom-config-XXXXXX";
static struct configuration configuration;
static struct settings settings;
static char error[SENTENCE_SIZE];

static void file(const char *name, const char *text) {
    FILE *out = fopen(name, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* variable is one, or NULL; line is what stands behind "greenroom". */
static enum command_line reading(const char *variable, const char *line) {
    static char text[256];
    char *const environment[] = {(char *)variable, NULL};
    char *words[WORDS_MAX], *rest = NULL;
    int count = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count] = NULL;
    configuration_free(&configuration);
    error[0] = '\0';
    return configuration_read(&configuration, count, words, environment, error);
}

static void reads(const char *variable, const char *line) {
    if (reading(variable, line) != COMMAND_LINE_GO) fail_msg("%s: %s", line, error);
}

static void sets(const char *variable, const char *line) {
    reads(variable, line);
    if (configuration_settings(&configuration, &settings, error) < 0)
        fail_msg("%s: %s", line, error);
}

static void refuses(const char *variable, const char *line, const char *why) {
    if (reading(variable, line) == COMMAND_LINE_GO &&
        configuration_settings(&configuration, &settings, error) == 0)
        fail_msg("%s was taken", line);
    assert_string_equal(error, why);
}

static void explains(const char *name, const char *expected) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    configuration_explain(&configuration, setting_find(name), out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static char *print(void) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    configuration_print(&configuration, out);
    fclose(out);
    return text;
}

static void prints(const char *line) {
    char *text = print();
    if (!strstr(text, line)) fail_msg("no '%s' in\n%s", line, text);
    free(text);
}

static void files_lie_beneath_the_environment_and_the_command_line(void **state) {
    file("a.yaml", "workers: 1\nslice: 1\nhead-timeout: 1\nmount: /a\n");
    file("b.yaml", "workers: 2\nslice: 2\nhead-timeout: 2\n");
    sets("GREENROOM_WORKERS=3", "serve --config a.yaml --config b.yaml --slice 4 app");
    assert_string_equal(settings.worker.mount, "/a");
    assert_int_equal(settings.worker.head_timeout, 2000000000);
    assert_int_equal(settings.worker.workers, 3);
    assert_int_equal(settings.worker.slice, 4000000);
    sets("GREENROOM_WORKERS=3", "serve --config a.yaml --workers 4 app");
    assert_int_equal(settings.worker.workers, 4);
}

static void the_usual_file_is_read_unless_another_is_named(void **state) {
    file("greenroom.yaml", "app: usual:app\nworkers: 7\n");
    file("a.yaml", "app: a:app\n");
    sets(NULL, "serve");
    assert_string_equal(settings.worker.app, "usual:app");
    assert_int_equal(settings.worker.workers, 7);
    sets(NULL, "serve --config a.yaml --workers 1");
    assert_string_equal(settings.worker.app, "a:app");
    sets(NULL, "serve given:app");
    assert_string_equal(settings.worker.app, "given:app");
    unlink("greenroom.yaml");
    refuses(NULL, "serve", "serve what? Name an APP, such as module:app or ./app.so");
    refuses(NULL, "serve --config greenroom.yaml",
            "cannot read greenroom.yaml: No such file or directory");
}

static void rules_hold_for_their_file_and_those_above_it(void **state) {
    file("a.yaml", "bind: ':1'\nworkers: 1\n");
    file("b.yaml", "bind: ':2'\nworkers: 2\nmerge: {bind: append, workers: keep}\n");
    sets(NULL, "serve --config a.yaml --config b.yaml --bind :3 --bind :4 --workers 3 app");
    assert_int_equal(settings.bind_count, 4);
    assert_int_equal(settings.binds[3].port, 4);
    assert_int_equal(settings.worker.workers, 1);
    file("c.yaml", "bind: ':5'\nmerge: {bind: override}\n");
    sets(NULL, "serve --config a.yaml --config b.yaml --config c.yaml app");
    assert_int_equal(settings.bind_count, 1);
    assert_int_equal(settings.binds[0].port, 5);
}

static void a_default_is_nothing_to_be_merged_with(void **state) {
    file("a.yaml", "bind: ':1'\nmerge: {list: append}\n");
    sets(NULL, "serve --config a.yaml app");
    assert_int_equal(settings.bind_count, 1);
}

static void an_empty_list_brings_the_default_back(void **state) {
    file("a.yaml", "bind: ':1'\n");
    file("b.yaml", "bind: []\n");
    sets(NULL, "serve --config a.yaml --config b.yaml app");
    assert_int_equal(settings.bind_count, 1);
    assert_int_equal(settings.binds[0].port, 8000);
}

static void maps_are_merged(void **state) {
    file("a.yaml", "static: {/a: /, /b: /tmp}\n");
    sets("GREENROOM_STATIC=/b=/ /c=/", "serve --config a.yaml app");
    assert_int_equal(settings.worker.static_count, 3);
    assert_string_equal(settings.worker.statics[0], "/a=/");
    assert_string_equal(settings.worker.statics[1], "/b=/");
    assert_string_equal(settings.worker.statics[2], "/c=/");
}

static void lists_become_one_text_where_the_setting_is_one(void **state) {
    file("a.yaml", "trusted-proxies: [10.0.0.0/8, unix]\nmerge: {trusted-proxies: union}\n");
    sets("GREENROOM_TRUSTED_PROXIES=::1,unix", "serve --config a.yaml app");
    assert_string_equal(settings.worker.trusted_proxies, "10.0.0.0/8,unix,::1");
}

static void what_is_wrong_is_told_with_its_place(void **state) {
    file("a.yaml", "app: a\n\nworkers: many\n");
    refuses(NULL, "serve --config a.yaml", "a.yaml:3: workers must be 1 to 1024, not 'many'");
    refuses(NULL, "serve --config a.yaml --workers 2",
            "a.yaml:3: workers must be 1 to 1024, not 'many'");
    refuses("GREENROOM_COMPRESS=yes", "serve app",
            "GREENROOM_COMPRESS: compress must be on or off, not 'yes'");
    file("a.yaml", "compress: true\n");
    refuses(NULL, "serve --config a.yaml app", "a.yaml:1: compress must be on or off, not 'true'");
    file("a.yaml", "bind:\n  - ':1'\n  - nowhere\n");
    refuses(NULL, "serve --config a.yaml app",
            "a.yaml:3: bind: 'nowhere' has no port; write HOST:PORT");
    file("a.yaml", "trusted-proxies: [unix, 10.0.0.256]\n");
    assert_int_equal(reading(NULL, "serve --config a.yaml app"), COMMAND_LINE_WRONG);
    assert_non_null(strstr(error, "a.yaml:1: trusted-proxies: '10.0.0.256'"));
    file("a.yaml", "concurrency: threads:2\ncancel-on-disconnect: on\n");
    assert_int_equal(reading(NULL, "serve --config a.yaml app"), COMMAND_LINE_GO);
    assert_int_equal(configuration_settings(&configuration, &settings, error), -1);
    assert_non_null(strstr(error, "a.yaml:2: cancel-on-disconnect needs --concurrency green"));
}

/* It may be there where it is in force. */
static void what_is_overridden_need_not_be_there(void **state) {
    file("a.yaml", "static: {/a: /none}\n");
    file("b.yaml", "static: {/a: /}\n");
    refuses(NULL, "serve --config a.yaml app",
            "a.yaml:1: static: '/none': No such file or directory");
    sets(NULL, "serve --config a.yaml --config b.yaml app");
}

static void each_layer_is_explained_the_highest_first(void **state) {
    file("a.yaml", "workers: 1\nbind: [':1', ':2']\n");
    file("b.yaml", "\nworkers: 2\nbind: ':3'\nmerge: {bind: prepend}\n");
    reads("GREENROOM_WORKERS=3", "config --config a.yaml --config b.yaml --workers 4");
    explains("workers", "workers: 4\n"
                        "  --workers          override       4\n"
                        "  GREENROOM_WORKERS  override       3\n"
                        "  b.yaml:2           override       2\n"
                        "  a.yaml:1                          1\n"
                        "  default                           one for each usable core\n");
    explains("bind", "bind: \":3\", \":1\", \":2\"\n"
                     "  b.yaml:3  prepend        \":3\"\n"
                     "  a.yaml:2                 \":1\", \":2\"\n"
                     "  default                  127.0.0.1:8000\n");
    explains("slice", "slice: 10\n"
                      "  default                 10\n");
}

static void the_whole_is_told_with_the_place_of_each_part(void **state) {
    file("a.yaml", "bind: ['127.0.0.1:1']\nstatic: {/a: /}\ntrusted-proxies: []\n");
    reads("GREENROOM_BIND=:2", "config --config a.yaml x:y --access-log -");
    prints("app: x:y                                # APP\n");
    prints("bind:\n  - \":2\"                                # GREENROOM_BIND\n");
    prints("static:\n  /a: /                                 # a.yaml:2\n");
    prints("trusted-proxies: []                     # a.yaml:3\n");
    prints("access-log: \"-\"                         # --access-log\n");
    prints("# slice: 10\n");
}

static void what_is_printed_can_be_read_again(void **state) {
    file("a.yaml", "app: 'a b: #c'\nbind: [':1', 'unix:/a\"\\b']\npython: '\xc3\xa9'\n"
                   "static: {'/a: b': '- c', 'x:': 'y:', '': ''}\naccess-log: 'null'\n");
    reads(NULL, "config --config a.yaml");
    char *first = print();
    file("a.yaml", first);
    free(first);
    reads(NULL, "config --config a.yaml");
    prints("app: \"a b: #c\" ");
    prints("  - \"unix:/a\\\"\\\\b\" ");
    prints("python: \"\xc3\xa9\" ");
    prints("  \"/a: b\": \"- c\" ");
    prints("  \"x:\": \"y:\" ");
    prints("  \"\": \"\" ");
    prints("access-log: \"null\" ");
}

static int set_up(void **state) { return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1; }

static int tear_down(void **state) {
    static const char *const names[] = {"a.yaml", "b.yaml", "c.yaml"};
    configuration_free(&configuration);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(names[i]);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_lie_beneath_the_environment_and_the_command_line),
        cmocka_unit_test(the_usual_file_is_read_unless_another_is_named),
        cmocka_unit_test(rules_hold_for_their_file_and_those_above_it),
        cmocka_unit_test(a_default_is_nothing_to_be_merged_with),
        cmocka_unit_test(an_empty_list_brings_the_default_back),
        cmocka_unit_test(maps_are_merged),
        cmocka_unit_test(lists_become_one_text_where_the_setting_is_one),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(what_is_overridden_need_not_be_there),
        cmocka_unit_test(each_layer_is_explained_the_highest_first),
        cmocka_unit_test(the_whole_is_told_with_the_place_of_each_part),
        cmocka_unit_test(what_is_printed_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
