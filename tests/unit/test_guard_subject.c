/* Whom a policy is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "guard/subject.h"

static unsigned fits(const char *text, const char *name, unsigned port, const char *address) {
    struct subject subject;
    struct sockaddr_storage to = {0};
    assert_null(subject_parse(text, &subject));
    if (strchr(address, ':')) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to;
        v6->sin6_family = AF_INET6;
        inet_pton(AF_INET6, address, &v6->sin6_addr);
    } else if (*address == '/') {
        to.ss_family = AF_UNIX;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
        v4->sin_family = AF_INET;
        inet_pton(AF_INET, address, &v4->sin_addr);
    }
    return subject_fits(&subject, name, port, (struct sockaddr *)&to);
}

static void a_name_fits_in_any_case_of_letters(void **state) {
    assert_true(fits("DB.example", "db.Example:5432", 5432, "10.0.0.1"));
    assert_true(fits("db.example:5432", "db.example:5432", 5432, "10.0.0.1"));
    assert_false(fits("db.example:5433", "db.example:5432", 5432, "10.0.0.1"));
    assert_false(fits("b.example", "db.example:5432", 5432, "10.0.0.1"));
    assert_false(fits("db.example", "db.example.com:5432", 5432, "10.0.0.1"));
}

static void a_network_fits_by_address_whatever_the_name(void **state) {
    assert_true(fits("10.0.0.0/8", "db.example:5432", 5432, "10.1.2.3"));
    assert_true(fits("10.0.0.0/8:5432", "10.1.2.3:5432", 5432, "::ffff:10.1.2.3"));
    assert_false(fits("10.0.0.0/8", "db.example:5432", 5432, "11.1.2.3"));
    assert_false(fits("10.0.0.0/8:80", "db.example:5432", 5432, "10.1.2.3"));
    assert_false(fits("10.0.0.0/8", "unix:/run/db.sock", 0, "/run/db.sock"));
}

static void ipv6_stands_in_brackets_before_a_port(void **state) {
    assert_true(fits("[2001:db8::1]:443", "[2001:db8::1]:443", 443, "2001:db8::1"));
    assert_true(fits("[2001:db8::/32]:443", "x:443", 443, "2001:db8::7"));
    assert_true(fits("2001:db8::/32", "x:443", 443, "2001:db8::7"));
    assert_true(fits("[::1]", "[::1]:443", 443, "::1"));
    assert_false(fits("[2001:db8::1]:443", "[2001:db8::2]:443", 443, "2001:db8::2"));
}

static void a_unix_socket_fits_by_its_path(void **state) {
    assert_true(fits("unix:/run/db.sock", "unix:/run/db.sock", 0, "/run/db.sock"));
    assert_false(fits("unix:/run/db.sock", "unix:/run/other.sock", 0, "/run/db.sock"));
}

static void what_is_said_more_exactly_fits_better(void **state) {
    static const char *const better[] = {
        "db:5432",         "db",         "10.1.2.3:5432",  "10.1.2.3",
        "10.0.0.0/8:5432", "10.0.0.0/8", "0.0.0.0/0:5432", "0.0.0.0/0"};
    unsigned before = UINT32_MAX;
    for (size_t i = 0; i < sizeof better / sizeof *better; i++) {
        unsigned now = fits(better[i], "db:5432", 5432, "10.1.2.3");
        assert_true(now > 0 && now < before);
        before = now;
    }
}

static void what_is_none_is_refused(void **state) {
    static const char *const wrong[] = {"",           ":5432",     "db:",        "db:0",
                                        "db:65536",   "db:http",   "unix:",      "10.0.0.0/33",
                                        "10.0.0.1/8", "1.2.3",     "[::1",       "[db]:80",
                                        "db/x",       "a,b",       "db example", "-db",
                                        "::1]:80",    "db:80:90x", "[10.0.0.1]"};
    struct subject subject;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!subject_parse(wrong[i], &subject)) fail_msg("'%s' was accepted", wrong[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_fits_in_any_case_of_letters),
        cmocka_unit_test(a_network_fits_by_address_whatever_the_name),
        cmocka_unit_test(ipv6_stands_in_brackets_before_a_port),
        cmocka_unit_test(a_unix_socket_fits_by_its_path),
        cmocka_unit_test(what_is_said_more_exactly_fits_better),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
