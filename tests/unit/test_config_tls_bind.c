/* --bind tls://... */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/tls_bind.h"

static char folder[] = "/tmp/greenroom-tls-XXXXXX";
static struct address address;
static struct server_tls tls;
static char error[SENTENCE_SIZE];

/* What the settings keep for ever. */
static void forget(void) {
    for (int i = 0; i < SERVER_CERTIFICATES_MAX; i++) {
        free((char *)tls.certificates[i]);
        free((char *)tls.keys[i]);
    }
    free((char *)tls.client_ca);
    tls = (struct server_tls){0};
}

static void takes(const char *text) {
    forget();
    if (tls_bind_parse(text, &address, &tls, error) < 0) fail_msg("'%s' %s", text, error);
}

static void refuses(const char *text, const char *why) {
    forget();
    if (tls_bind_parse(text, &address, &tls, error) == 0) fail_msg("'%s' was taken", text);
    if (!strstr(error, why)) fail_msg("'%s' was refused with: %s", text, error);
}

static const char *beneath(const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state) {
    static const char *const names[] = {"a", "b", "c d", "e&f%"};
    if (!mkdtemp(folder) || chdir(folder) < 0) return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        FILE *file = fopen(names[i], "w");
        if (!file) return -1;
        fclose(file);
    }
    return 0;
}

static int tear_down(void **state) {
    static const char *const names[] = {"a", "b", "c d", "e&f%"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(names[i]);
    forget();
    return rmdir(folder);
}

static void an_address_has_a_certificate_and_a_key(void **state) {
    takes("tls://[::1]:443?cert=a&key=b");
    assert_string_equal(address.place, "::1");
    assert_int_equal(address.port, 443);
    assert_true(address.tls);
    assert_int_equal(tls.count, 1);
    assert_string_equal(tls.certificates[0], beneath("a"));
    assert_string_equal(tls.keys[0], beneath("b"));
    assert_null(tls.client_ca);
    assert_false(tls.client_required);
}

static void several_pairs_are_kept_in_order(void **state) {
    takes("tls://:1?cert=a&key=b&cert=b&key=a");
    assert_int_equal(tls.count, 2);
    assert_string_equal(tls.certificates[1], beneath("b"));
    assert_string_equal(tls.keys[1], beneath("a"));
}

static void values_are_percent_decoded(void **state) {
    takes("tls://:1?cert=c%20d&key=e%26f%25");
    assert_string_equal(tls.certificates[0], beneath("c d"));
    assert_string_equal(tls.keys[0], beneath("e&f%"));
}

static void clients_are_required_to_have_certificates_unless_said_otherwise(void **state) {
    takes("tls://:1?cert=a&key=b&client_ca=c%20d");
    assert_string_equal(tls.client_ca, beneath("c d"));
    assert_true(tls.client_required);
    takes("tls://:1?client=require&cert=a&key=b&client_ca=a");
    assert_true(tls.client_required);
    takes("tls://:1?client=request&cert=a&key=b&client_ca=a");
    assert_false(tls.client_required);
}

static void what_is_wrong_is_said(void **state) {
    refuses("tls://:1", "no certificate");
    refuses("tls://:1?", "no certificate");
    refuses("tls://:x?cert=a&key=b", "no number");
    refuses("tls://unix:/run/a.sock?cert=a&key=b", "needs no TLS");
    refuses("tls://:1?cert=a", "not followed by its key=");
    refuses("tls://:1?cert=a&cert=b", "another cert=");
    refuses("tls://:1?key=b&cert=a", "no cert= before it");
    refuses("tls://:1?cert=a&key=b&key=b", "no cert= before it");
    refuses("tls://:1?cert=&key=b", "cert= names no path");
    refuses("tls://:1?cert=%zz&key=b", "cert= names no path");
    refuses("tls://:1?cert=a%0ab&key=b", "cert= names no path");
    refuses("tls://:1?cert=a&key=none", "No such file");
    refuses("tls://:1?cert=a&key=b&client=request", "needs client_ca=");
    refuses("tls://:1?cert=a&key=b&client_ca=a&client_ca=a", "twice");
    refuses("tls://:1?cert=a&key=b&client_ca=a&client=maybe", "require or request");
    refuses("tls://:1?cert=a&key=b&certs=a", "not certs=");
    refuses("tls://:1?cert=a&&key=b", "not =");
}

static void there_are_so_many_certificates_at_most(void **state) {
    char text[(SERVER_CERTIFICATES_MAX + 1) * sizeof "&cert=a&key=b" + 16] =
        "tls://:1?client=require";
    for (int i = 0; i < SERVER_CERTIFICATES_MAX; i++) strcat(text, "&cert=a&key=b");
    refuses(text, "needs client_ca=");
    strcat(text, "&cert=a&key=b");
    refuses(text, "times at most");
}

static void other_addresses_are_not_meant(void **state) {
    assert_true(tls_bind_is("tls://:1"));
    assert_false(tls_bind_is("127.0.0.1:1"));
    assert_false(tls_bind_is("unix:tls://"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_a_certificate_and_a_key),
        cmocka_unit_test(several_pairs_are_kept_in_order),
        cmocka_unit_test(values_are_percent_decoded),
        cmocka_unit_test(clients_are_required_to_have_certificates_unless_said_otherwise),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(there_are_so_many_certificates_at_most),
        cmocka_unit_test(other_addresses_are_not_meant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
