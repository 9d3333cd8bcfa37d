/* Settings from the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/layer_environment.h"

static struct arena arena;
static struct layer layer;
static char error[SENTENCE_SIZE];

static int take(const char *variable) {
    char *const environment[] = {"PATH=/bin", (char *)variable, "HOME=/", NULL};
    arena_fini(&arena);
    return layer_read_environment(&layer, &arena, environment, error);
}

static const struct value *reads(const char *variable, const char *name) {
    if (take(variable) < 0) fail_msg("'%s': %s", variable, error);
    return &layer.values[setting_find(name) - settings_table];
}

static void refuses(const char *variable, const char *why) {
    if (take(variable) == 0) fail_msg("'%s' was taken", variable);
    assert_string_equal(error, why);
}

static void every_setting_has_a_variable(void **state) {
    const struct value *value = reads("GREENROOM_HEAD_TIMEOUT=5", "head-timeout");
    assert_string_equal(value->first->text, "5");
    assert_string_equal(value->origin.name, "GREENROOM_HEAD_TIMEOUT");
    assert_string_equal(reads("GREENROOM_APP=a:b", "app")->first->text, "a:b");
}

static void blanks_part_what_may_be_repeated(void **state) {
    const struct value *bind = reads("GREENROOM_BIND= :80  unix:/run/a ", "bind");
    assert_string_equal(bind->first->text, ":80");
    assert_string_equal(bind->first->next->text, "unix:/run/a");
    assert_null(bind->first->next->next);
    const struct value *statics = reads("GREENROOM_STATIC=/a=b /c=d", "static");
    assert_string_equal(statics->first->next->key, "/c");
    assert_string_equal(statics->first->next->text, "d");
    const struct value *proxies = reads("GREENROOM_TRUSTED_PROXIES=::1,unix", "trusted-proxies");
    assert_string_equal(proxies->first->next->text, "unix");
}

static void an_empty_variable_says_nothing(void **state) {
    assert_false(reads("GREENROOM_WORKERS=", "workers")->given);
    assert_false(reads("GREENROOM_BIND= ", "bind")->given);
}

static void a_slip_of_the_finger_is_refused(void **state) {
    refuses("GREENROOM_WROKERS=2",
            "unknown variable GREENROOM_WROKERS; did you mean GREENROOM_WORKERS?");
    refuses("GREENROOM_WORKER=2",
            "unknown variable GREENROOM_WORKER; did you mean GREENROOM_WORKERS?");
    refuses("GREENROOM_HEADTIMEOUT=2",
            "unknown variable GREENROOM_HEADTIMEOUT; did you mean GREENROOM_HEAD_TIMEOUT?");
}

/* What Kubernetes sets for a service of that name, and what our own tests have. */
static void variables_of_others_are_passed_over(void **state) {
    static const char *const others[] = {"GREENROOM_PORT=tcp://10.0.0.1:80",
                                         "GREENROOM_SERVICE_HOST=10.0.0.1",
                                         "GREENROOM_PORT_80_TCP=tcp://10.0.0.1:80",
                                         "GREENROOM_FAULTS=eintr",
                                         "GREENROOM_BUILD=build",
                                         "GREENROOM_TEST=1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (take(others[i]) < 0) fail_msg("%s: %s", others[i], error);
}

static int tear_down(void **state) {
    arena_fini(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_has_a_variable),
        cmocka_unit_test(blanks_part_what_may_be_repeated),
        cmocka_unit_test(an_empty_variable_says_nothing),
        cmocka_unit_test(a_slip_of_the_finger_is_refused),
        cmocka_unit_test(variables_of_others_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
