/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "http/octets.h"

typedef const char *octets_function(const char *at, const char *end);

/* One byte at a time, straight from the definition. */
static const char *text_slowly(const char *at, const char *end) {
    while (at < end && octet_is_text(*at)) at++;
    return at;
}

static bool is_of_path(unsigned char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#'; }

static const char *path_slowly(const char *at, const char *end) {
    while (at < end && is_of_path((unsigned char)*at)) at++;
    return at;
}

/* In memory of exactly that size, so that the address sanitizer sees a byte too many being read. */
static void assert_same_end(octets_function *fast, octets_function *slowly, const char *text,
                            size_t len) {
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    assert_int_equal(fast(copy, copy + len) - copy, slowly(text, text + len) - text);
    free(copy);
}

/* Every byte at every place of runs that end anywhere around one, two and three blocks. */
static void compare(octets_function *fast, octets_function *slowly) {
    char text[52];
    for (size_t len = 0; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        assert_same_end(fast, slowly, text, len);
        for (size_t place = 0; place < len; place++) {
            for (int byte = 0; byte < 256; byte++) {
                text[place] = (char)byte;
                assert_same_end(fast, slowly, text, len);
            }
            text[place] = 'a';
        }
    }
}

static void compare_at_random(octets_function *fast, octets_function *slowly) {
    static const char bytes[] = "abcdefgh \t\t/?#\x7f\x80\xff\r\n\x1f\x21";
    char text[80];
    unsigned seed = 1;
    for (int round = 0; round < 100000; round++) {
        size_t len = (size_t)rand_r(&seed) % sizeof text;
        memset(text, 'a', sizeof text);
        for (int i = 0; i < 3; i++)
            text[(size_t)rand_r(&seed) % sizeof text] =
                bytes[(size_t)rand_r(&seed) % (sizeof bytes - 1)];
        assert_same_end(fast, slowly, text, len);
    }
}

static void text_ends_where_its_definition_says(void **state) {
    compare(octets_skip_text, text_slowly);
    compare_at_random(octets_skip_text, text_slowly);
}

static void text_ends_there_without_wide_instructions_too(void **state) {
    compare(octets_skip_text_plain, text_slowly);
    compare_at_random(octets_skip_text_plain, text_slowly);
}

static void a_path_ends_where_its_definition_says(void **state) {
    compare(octets_skip_path, path_slowly);
    compare_at_random(octets_skip_path, path_slowly);
}

static void a_path_ends_there_without_wide_instructions_too(void **state) {
    compare(octets_skip_path_plain, path_slowly);
    compare_at_random(octets_skip_path_plain, path_slowly);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_ends_where_its_definition_says),
        cmocka_unit_test(text_ends_there_without_wide_instructions_too),
        cmocka_unit_test(a_path_ends_where_its_definition_says),
        cmocka_unit_test(a_path_ends_there_without_wide_instructions_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
