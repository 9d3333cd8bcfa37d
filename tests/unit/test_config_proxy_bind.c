/* proxy=on, as --bind says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/proxy_bind.h"

static void leaves(const char *text, bool on, const char *rest) {
    char left[200];
    bool found;
    const char *why = proxy_bind_take(text, left, &found);
    if (why) fail_msg("'%s' %s", text, why);
    assert_int_equal(found, on);
    assert_string_equal(left, rest);
}

static void refuses(const char *text, const char *why) {
    char left[200];
    bool found;
    const char *said = proxy_bind_take(text, left, &found);
    if (!said) fail_msg("'%s' was taken", text);
    assert_non_null(strstr(said, why));
}

static void an_address_without_it_is_left_as_it_is(void **state) {
    leaves("127.0.0.1:80", false, "127.0.0.1:80");
    leaves("unix:/run/proxy=on", false, "unix:/run/proxy=on");
    leaves("tls://:443?cert=a&key=b", false, "tls://:443?cert=a&key=b");
    leaves("tls://:443?cert=proxy=on&xproxy=on", false, "tls://:443?cert=proxy=on&xproxy=on");
}

static void it_is_taken_out_wherever_it_stands(void **state) {
    leaves("127.0.0.1:80?proxy=on", true, "127.0.0.1:80");
    leaves("unix:/run/a?proxy=off", false, "unix:/run/a");
    leaves("tls://:443?proxy=on&cert=a&key=b", true, "tls://:443?cert=a&key=b");
    leaves("tls://:443?cert=a&proxy=on&key=b", true, "tls://:443?cert=a&key=b");
    leaves("tls://:443?cert=a&key=b&proxy=on", true, "tls://:443?cert=a&key=b");
}

static void what_is_neither_on_nor_off_is_refused(void **state) {
    refuses(":80?proxy=", "neither on nor off");
    refuses(":80?proxy=yes", "neither on nor off");
    refuses(":80?proxy=on2", "neither on nor off");
    refuses(":80?proxy=o", "neither on nor off");
    refuses(":80?proxy=on&proxy=off", "twice");
    refuses(":80?proxy=off&a=b&proxy=off", "twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_without_it_is_left_as_it_is),
        cmocka_unit_test(it_is_taken_out_wherever_it_stands),
        cmocka_unit_test(what_is_neither_on_nor_off_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
