/* What is told from the first bytes that a client sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "observe/protocol.h"

/* With an extension before server_name, which asks for "shop.example". */
static const unsigned char hello[] = "\x16\x03\x01\x00\x48\x01\x00\x00\x44\x03\x03"
                                     "0123456789abcdef0123456789abcdef"
                                     "\x00\x00\x02\x13\x01\x01\x00\x00\x19"
                                     "\x00\x17\x00\x00"
                                     "\x00\x00\x00\x11\x00\x0f\x00\x00\x0c"
                                     "shop.example";
enum { HELLO = sizeof hello - 1 };

#define OF(text) protocol_of_bytes((const unsigned char *)(text), sizeof(text) - 1)

static void each_protocol_is_known_by_its_first_bytes(void **state) {
    assert_int_equal(OF("GET / HTTP/1.1\r\n"), PROTOCOL_HTTP);
    assert_int_equal(OF("OPTIONS * HTTP/1.1\r\n"), PROTOCOL_HTTP);
    assert_int_equal(OF("*1\r\n$4\r\nPING\r\n"), PROTOCOL_REDIS);
    assert_int_equal(OF("\0\0\0\x08\x04\xd2\x16\x2f"), PROTOCOL_POSTGRES);
    assert_int_equal(OF("\0\0\0\x0f\0\3\0\0user\0a\0"), PROTOCOL_POSTGRES);
    assert_int_equal(OF("AMQP\0\0\x09\x01"), PROTOCOL_AMQP);
    assert_int_equal(OF("\x20\0\0\x01"
                        "0123456789abcdef0123456789abcdef"),
                     PROTOCOL_MYSQL);
    assert_int_equal(protocol_of_bytes(hello, HELLO), PROTOCOL_TLS);
}

static void what_is_none_of_them_is_unknown(void **state) {
    assert_int_equal(OF(""), PROTOCOL_UNKNOWN);
    assert_int_equal(OF("GET"), PROTOCOL_UNKNOWN);
    assert_int_equal(OF("HELO there\r\n"), PROTOCOL_UNKNOWN);
    assert_int_equal(OF("\0\0\0\x08"), PROTOCOL_UNKNOWN);
}

static void a_client_hello_names_whom_it_wants(void **state) {
    size_t len;
    const char *name = protocol_server_name(hello, HELLO, &len);
    assert_non_null(name);
    assert_int_equal(len, strlen("shop.example"));
    assert_memory_equal(name, "shop.example", len);
}

static void a_client_hello_that_is_cut_names_nobody(void **state) {
    size_t len;
    for (size_t cut = 0; cut < HELLO; cut++) {
        unsigned char part[HELLO];
        memcpy(part, hello, cut);
        assert_null(protocol_server_name(part, cut, &len));
    }
}

static void ports_and_paths_are_guesses(void **state) {
    assert_int_equal(protocol_of_port(5432), PROTOCOL_POSTGRES);
    assert_int_equal(protocol_of_port(1), PROTOCOL_UNKNOWN);
    assert_int_equal(protocol_of_path("unix:/run/.s.PGSQL.5432"), PROTOCOL_POSTGRES);
    assert_int_equal(protocol_of_path("unix:/run/other"), PROTOCOL_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_is_known_by_its_first_bytes),
        cmocka_unit_test(what_is_none_of_them_is_unknown),
        cmocka_unit_test(a_client_hello_names_whom_it_wants),
        cmocka_unit_test(a_client_hello_that_is_cut_names_nobody),
        cmocka_unit_test(ports_and_paths_are_guesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
