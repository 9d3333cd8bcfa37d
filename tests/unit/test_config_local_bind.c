/* Unix sockets with parameters, as --bind says them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/local_bind.h"

static struct address parsed(const char *text) {
    struct address address;
    char error[SENTENCE_SIZE];
    assert_true(local_bind_is(text));
    if (local_bind_parse(text, &address, error) < 0) fail_msg("'%s' %s", text, error);
    assert_true(address.local);
    return address;
}

static void refuses(const char *text, const char *why) {
    struct address address;
    char error[SENTENCE_SIZE];
    if (local_bind_parse(text, &address, error) == 0) fail_msg("'%s' was taken", text);
    if (!strstr(error, why)) fail_msg("'%s' %s", text, error);
}

static void only_unix_sockets_with_parameters_are_meant(void **state) {
    assert_false(local_bind_is("unix:/run/app.sock"));
    assert_false(local_bind_is("127.0.0.1:80?mode=0660"));
}

static void all_that_is_said_is_taken(void **state) {
    struct address address = parsed("unix:/run/a.sock?mode=0660&owner=7&group=root");
    assert_string_equal(address.place, "/run/a.sock");
    assert_int_equal(address.mode, 0660);
    assert_int_equal(address.owner, 7);
    assert_int_equal(address.group, 0);
}

static void what_is_not_said_is_left_to_the_kernel(void **state) {
    struct address address = parsed("unix:a?");
    assert_int_equal(address.mode, -1);
    assert_int_equal(address.owner, (uid_t)-1);
    assert_int_equal(address.group, (gid_t)-1);
    assert_int_equal(parsed("unix:a?mode=7").mode, 07);
}

static void what_is_wrong_is_said(void **state) {
    refuses("unix:?mode=0660", "names no path");
    refuses("unix:a?mode=", "no permissions");
    refuses("unix:a?mode=0888", "no permissions");
    refuses("unix:a?mode=1777", "no permissions");
    refuses("unix:a?mode=00660", "no permissions");
    refuses("unix:a?mode=rw", "no permissions");
    refuses("unix:a?owner=", "no user");
    refuses("unix:a?owner=no-such-one", "no user");
    refuses("unix:a?group=4294967295", "no group");
    refuses("unix:a?umask=7", "but not umask=");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_unix_sockets_with_parameters_are_meant),
        cmocka_unit_test(all_that_is_said_is_taken),
        cmocka_unit_test(what_is_not_said_is_left_to_the_kernel),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
