/* --downstream as it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/downstream_rule.h"

#define LONG "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz"

static void a_rule_is_read(void **state) {
    struct policy policy;
    char error[SENTENCE_SIZE];
    int result = downstream_rule_parse(
        "db.example:5432?max-connections=20&max-calls=8&max-queued=0&connect-timeout=2"
        "&read-timeout=0.5&breaker=50%&breaker-window=20&breaker-calls=4&breaker-pause=1",
        &policy, error);
    assert_int_equal(result, 0);
    assert_string_equal(policy.subject, "db.example:5432");
    assert_int_equal(policy.max_connections, 20);
    assert_int_equal(policy.max_calls, 8);
    assert_int_equal(policy.max_queued, 0);
    assert_int_equal(policy.connect_timeout, 2 * (int64_t)NS_PER_S);
    assert_int_equal(policy.read_timeout, NS_PER_S / 2);
    assert_int_equal(policy.breaker.percent, 50);
    assert_int_equal(policy.breaker.window, 20 * (int64_t)NS_PER_S);
    assert_int_equal(policy.breaker.calls, 4);
    assert_int_equal(policy.breaker.pause, NS_PER_S);
}

static void what_is_not_said_is_no_limit(void **state) {
    struct policy policy;
    char error[SENTENCE_SIZE];
    assert_int_equal(downstream_rule_parse("db?read-timeout=1", &policy, error), 0);
    assert_int_equal(policy.max_connections, 0);
    assert_int_equal(policy.max_calls, 0);
    assert_int_equal(policy.max_queued, -1);
    assert_int_equal(policy.connect_timeout, 0);
    assert_int_equal(policy.breaker.percent, 0);
}

static void what_is_wrong_is_told_in_a_sentence(void **state) {
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"db?max-conections=2", "knows no max-conections=; did you mean max-connections=?"},
        {"db?colour=2", "knows no colour=; see docs/downstreams.md"},
        {"db?max-connections=0", "max-connections= must be 1 to 4294967295, not '0'"},
        {"db?max-connections=", "max-connections= must be 1 to 4294967295, not ''"},
        {"db?read-timeout=2s", "read-timeout= must be 0.001 to 86400 seconds, not '2s'"},
        {"db?breaker=50", "breaker= must be 1% to 100%, not '50'"},
        {"db?breaker=101%", "breaker= must be 1% to 100%, not '101%'"},
        {"db?max-calls=1&max-calls=2", "has max-calls= twice"},
        {"db?breaker-pause=2", "says how the breaker is to be, but not breaker=, when it opens"},
        {"db?read-timeout=2&max-queued=2",
         "has max-queued= without max-connections= or max-calls="},
        {"db", "says nothing; write HOST:PORT?max-connections=20&read-timeout=5"},
        {"db:0?max-calls=1", "has a port that is no number from 1 to 65535"},
        {"?max-calls=1", "names no downstream"},
        {LONG LONG LONG "?max-calls=1", "has a name that is too long"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct policy policy;
        char error[SENTENCE_SIZE] = "";
        assert_int_equal(downstream_rule_parse(wrong[i].text, &policy, error), -1);
        assert_string_equal(error, wrong[i].why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_read),
        cmocka_unit_test(what_is_not_said_is_no_limit),
        cmocka_unit_test(what_is_wrong_is_told_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
