/* The command line of `greenroom serve`, alone: no file, no environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/configuration.h"

enum { WORDS_MAX = 64 };

static struct configuration configuration; /* settings point into it */
static char error[SENTENCE_SIZE];

/* Parses "serve " and the words of line, which blanks separate. The words live on: the
 * configuration points to them. */
static enum command_line parse(struct settings *settings, const char *line) {
    static char text[512], *const nothing[] = {NULL};
    char *words[WORDS_MAX] = {"serve"}, *rest = NULL;
    int count = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    error[0] = '\0';
    configuration_free(&configuration);
    enum command_line asked = configuration_read(&configuration, count, words, nothing, error);
    if (asked != COMMAND_LINE_GO) return asked;
    return configuration_settings(&configuration, settings, error) < 0 ? COMMAND_LINE_WRONG
                                                                       : COMMAND_LINE_GO;
}

static struct settings serve(const char *line) {
    struct settings settings;
    if (parse(&settings, line) != COMMAND_LINE_GO) fail_msg("'%s': %s", line, error);
    return settings;
}

static void refuses(const char *line, const char *why) {
    struct settings settings;
    assert_int_equal(parse(&settings, line), COMMAND_LINE_WRONG);
    if (!strstr(error, why)) fail_msg("'%s' was refused with: %s", line, error);
    assert_null(strchr(error, '\n'));
}

static void an_application_is_all_it_needs(void **state) {
    struct settings settings = serve("module:app");
    assert_string_equal(settings.worker.app, "module:app");
    assert_int_equal(settings.bind_count, 1);
    assert_string_equal(settings.binds[0].place, "127.0.0.1");
    assert_int_equal(settings.binds[0].port, 8000);
    assert_true(settings.worker.workers >= 1);
    assert_string_equal(settings.worker.access_log, "log");
}

static void every_option_is_told_from_every_other(void **state) {
    char line[64], why[64];
    for (const struct setting *s = settings_table; s->name; s++) {
        if (s->kind == SETTING_APP) continue;
        snprintf(line, sizeof line, "--%s", s->name);
        snprintf(why, sizeof why, "--%s needs a value", s->name);
        refuses(line, why);
    }
}

static void the_number_of_workers_may_be_a_range(void **state) {
    struct settings settings = serve("--workers 2:8 app");
    assert_int_equal(settings.worker.workers, 2);
    assert_int_equal(settings.workers_max, 8);
}

static void every_option_finds_its_place(void **state) {
    struct settings s =
        serve("--bind=:1 --workers=3 --python=py --stack-size=512K --poller=poll --slice=2.5 "
              "--graceful-timeout=0 --keep-alive-timeout=5 --head-timeout=6 --body-timeout=7 "
              "--write-timeout=8 --max-request-line=100 --max-headers=9 --max-head-size=2K "
              "--access-log=off app");
    assert_int_equal(s.binds[0].port, 1);
    assert_int_equal(s.worker.workers, 3);
    assert_int_equal(s.workers_max, 3);
    assert_string_equal(s.python, "py");
    assert_int_equal(s.worker.stack_size, 512 * 1024);
    assert_true(s.worker.poll_backend);
    assert_int_equal(s.worker.slice, 2500 * NS_PER_US);
    assert_int_equal(s.worker.graceful_timeout, 0);
    assert_int_equal(s.worker.keep_alive_timeout, 5 * (int64_t)NS_PER_S);
    assert_int_equal(s.worker.head_timeout, 6 * (int64_t)NS_PER_S);
    assert_int_equal(s.worker.body_timeout, 7 * (int64_t)NS_PER_S);
    assert_int_equal(s.worker.write_timeout, 8 * (int64_t)NS_PER_S);
    assert_int_equal(s.worker.limits.request_line, 100);
    assert_int_equal(s.worker.limits.fields, 9);
    assert_int_equal(s.worker.limits.head, 2048);
    assert_string_equal(s.worker.access_log, "");
}

static void options_may_stand_behind_the_application(void **state) {
    struct settings settings = serve("app --workers 2 --poller epoll");
    assert_string_equal(settings.worker.app, "app");
    assert_int_equal(settings.worker.workers, 2);
    assert_false(settings.worker.poll_backend);
}

static void two_dashes_end_the_options(void **state) {
    assert_string_equal(serve("--workers 2 -- --odd.so").worker.app, "--odd.so");
}

static void an_option_may_be_cut_short(void **state) {
    assert_int_equal(serve("--work 2 app").worker.workers, 2);
    refuses("--max 2 app", "--max is short for more than one option");
}

static void the_last_of_two_values_counts_but_addresses_add_up(void **state) {
    struct settings settings = serve("--workers 2 --bind :1 --workers 3 --bind :2 app");
    assert_int_equal(settings.worker.workers, 3);
    assert_int_equal(settings.bind_count, 2);
    assert_int_equal(settings.binds[1].port, 2);
}

static void trusted_proxies_are_one_list_in_the_end(void **state) {
    assert_string_equal(serve("--trusted-proxies 10.0.0.1,::1 app").worker.trusted_proxies,
                        "10.0.0.1,::1");
    assert_string_equal(
        serve("--trusted-proxies unix --trusted-proxies ::1 app").worker.trusted_proxies, "::1");
    refuses("--trusted-proxies 10.0.0.1,,::1 app", "--trusted-proxies: ''");
}

static void settings_that_exclude_each_other_are_named(void **state) {
    refuses("--cancel-on-disconnect on --concurrency threads:2 app",
            "--cancel-on-disconnect needs --concurrency green");
    refuses("--bind :1?proxy=on app", "--bind with proxy=on needs --trusted-proxies");
}

static void no_more_addresses_than_a_worker_can_inherit(void **state) {
    char line[400] = "";
    for (int i = 0; i < SERVER_LISTENERS_MAX; i++) strcat(line, "--bind :1 ");
    serve(strcat(line, "app"));
    refuses(strcat(line, " --bind :1"), "16 times");
}

static void no_more_files_than_there_are_layers(void **state) {
    char line[500] = "app";
    for (int i = 0; i < CONFIGS_MAX; i++) strcat(line, " --config /dev/null");
    serve(line);
    refuses(strcat(line, " --config /dev/null"), "--config may be given 16 times at most");
}

static void help_is_asked_for_anywhere(void **state) {
    struct settings settings;
    assert_int_equal(parse(&settings, "--help"), COMMAND_LINE_HELP);
    assert_int_equal(parse(&settings, "app --workers 2 --help"), COMMAND_LINE_HELP);
}

static void help_names_every_option_with_its_default(void **state) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    command_line_help(out);
    fclose(out);
    for (const struct setting *s = settings_table; s->name; s++) {
        char name[64], number[QUANTITY_SIZE], fallback[128];
        snprintf(name, sizeof name, "  --%s %s ", s->name, s->argument);
        snprintf(fallback, sizeof fallback, "[%s]\n", setting_default(s, number));
        const char *line = strstr(text, name);
        if (s->kind == SETTING_APP) continue;
        if (!line || !strstr(line, fallback)) fail_msg("--help does not explain --%s", s->name);
    }
    assert_non_null(strstr(text, "turn; 0: never [10]\n"));
    free(text);
}

static void an_unknown_option_is_named_with_the_nearest_known(void **state) {
    refuses("--wrokers=2 app", "unknown option --wrokers; did you mean --workers?");
    refuses("--frobnicate app", "unknown option --frobnicate; see greenroom serve --help");
    refuses("-w 2 app", "unknown option -w");
    refuses("--help=no app", "--help takes no value");
    refuses("--app=one", "unknown option --app");
    refuses("--explain=workers app", "unknown option --explain");
}

static void a_value_must_be_there_and_fit(void **state) {
    refuses("app --workers", "--workers needs a value");
    refuses("--workers 0 app", "--workers must be 1 to 1024, not '0'");
    refuses("--workers 1025 app", "--workers must be 1 to 1024, not '1025'");
    refuses("--workers two app", "not 'two'");
    refuses("--workers 4:2 app",
            "--workers must be MIN:MAX, such as 2:8, with at most 1024, not '4:2'");
    refuses("--workers 0:2 app", "not '0:2'");
    refuses("--workers 2: app", "not '2:'");
    refuses("--workers 2:3:4 app", "not '2:3:4'");
    refuses("--stack-size 1K app", "--stack-size must be 64K to 64M bytes, not '1K'");
    refuses("--slice -1 app", "--slice must be 0 to 10000 milliseconds, not '-1'");
    refuses("--head-timeout 0 app", "--head-timeout must be 0.001 to 86400 seconds");
    refuses("--max-head-size 2M app", "--max-head-size must be 64 to 1M bytes");
    refuses("--poller kqueue app", "--poller must be epoll or poll, not 'kqueue'");
    refuses("--python= app", "--python needs a value that is not empty");
    refuses("--bind localhost app", "--bind: 'localhost' has no port");
}

static void there_is_one_application(void **state) {
    refuses("", "Name an APP");
    refuses("one two", "only one APP can be served: 'one' or 'two'");
}

static int tear_down(void **state) {
    configuration_free(&configuration);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_is_all_it_needs),
        cmocka_unit_test(every_option_is_told_from_every_other),
        cmocka_unit_test(the_number_of_workers_may_be_a_range),
        cmocka_unit_test(every_option_finds_its_place),
        cmocka_unit_test(options_may_stand_behind_the_application),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_option_may_be_cut_short),
        cmocka_unit_test(the_last_of_two_values_counts_but_addresses_add_up),
        cmocka_unit_test(trusted_proxies_are_one_list_in_the_end),
        cmocka_unit_test(settings_that_exclude_each_other_are_named),
        cmocka_unit_test(no_more_addresses_than_a_worker_can_inherit),
        cmocka_unit_test(no_more_files_than_there_are_layers),
        cmocka_unit_test(help_is_asked_for_anywhere),
        cmocka_unit_test(help_names_every_option_with_its_default),
        cmocka_unit_test(an_unknown_option_is_named_with_the_nearest_known),
        cmocka_unit_test(a_value_must_be_there_and_fit),
        cmocka_unit_test(there_is_one_application),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
