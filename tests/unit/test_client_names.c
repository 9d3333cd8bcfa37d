/* The resolver is a stand-in: what a real one says does not change when a test wants it to. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/clock.h"
#include "client/names.h"

static int asked;  /* how often */
static int answer; /* 0, or what getaddrinfo(3) fails with */

static struct sockaddr_in found = {.sin_family = AF_INET};
static struct addrinfo info = {
    .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&found, .ai_addrlen = sizeof found};

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
    __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    *result = &info;
    return __atomic_load_n(&answer, __ATOMIC_SEQ_CST);
}

void freeaddrinfo(struct addrinfo *unused) {}

static struct names *names;
static struct addresses addresses;
static char why[NAMES_WHY_SIZE];

static int look_up(const char *host) {
    return names_find(names, host, clock_after(10 * (int64_t)NS_PER_S), &addresses, why);
}

static int open_names(void **state) {
    asked = answer = 0;
    names = names_open(60 * (int64_t)NS_PER_S);
    return names ? 0 : -1;
}

static int close_names(void **state) {
    names_close(names);
    return 0;
}

static void an_answer_is_believed(void **state) {
    assert_int_equal(look_up("a.example"), 0);
    assert_int_equal(look_up("a.example"), 0);
    assert_int_equal(asked, 1);
    assert_int_equal(addresses.count, 1);
}

static void a_failure_is_forgotten(void **state) {
    answer = EAI_NONAME;
    assert_int_equal(look_up("a.example"), -1);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(why, gai_strerror(EAI_NONAME));
    answer = 0;
    assert_int_equal(look_up("a.example"), 0);
    assert_int_equal(asked, 2);
}

static void an_address_is_not_looked_up(void **state) {
    assert_int_equal(look_up("127.0.0.1"), 0);
    assert_int_equal(look_up("::1"), 0);
    assert_int_equal(asked, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_believed, open_names, close_names),
        cmocka_unit_test_setup_teardown(a_failure_is_forgotten, open_names, close_names),
        cmocka_unit_test_setup_teardown(an_address_is_not_looked_up, open_names, close_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
