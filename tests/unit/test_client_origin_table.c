/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>

#include "client/origin_table.h"

enum { MANY = 10000 };

static struct origin *find(struct origin_table *table, const char *text) {
    const char *why;
    struct http_url url;
    assert_int_equal(http_url_parse(gr_slice_of(text), &url, &why), 0);
    struct origin *origin = origin_table_find(table, &url);
    assert_non_null(origin);
    return origin;
}

static void an_origin_is_a_scheme_a_host_and_a_port(void **state) {
    static const char *const others[] = {"https://a/", "http://b/", "http://a:81/",
                                         "http://[::1]/"};
    struct origin_table table = {0};
    struct origin *first = find(&table, "http://a/");
    assert_ptr_equal(find(&table, "http://A:80/elsewhere"), first);
    assert_string_equal(first->name, "a");
    for (size_t i = 0; i < 4; i++) assert_ptr_not_equal(find(&table, others[i]), first);
    assert_string_equal(find(&table, others[2])->name, "a:81");
    assert_string_equal(find(&table, others[3])->name, "[::1]");
    for (size_t i = 0; i < 4; i++) origin_table_remove(&table, find(&table, others[i]));
    assert_ptr_equal(find(&table, "http://a/"), first);
    origin_table_remove(&table, first);
    assert_int_equal(table.count, 0);
    origin_table_fini(&table);
}

static size_t longest_chain(const struct origin_table *table) {
    size_t longest = 0;
    for (size_t i = 0; i < table->chain_count; i++) {
        size_t len = 0;
        for (const struct origin *at = table->chains[i]; at; at = at->next) len++;
        if (len > longest) longest = len;
    }
    return longest;
}

static void many_origins_are_found_without_looking_at_all(void **state) {
    struct origin_table table = {0};
    char text[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "http://host-%d.example:%d/", i, 1 + i % 1000);
        find(&table, text);
    }
    assert_int_equal(table.count, MANY);
    assert_in_range(longest_chain(&table), 1, 16);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "http://host-%d.example:%d/", i, 1 + i % 1000);
        origin_table_remove(&table, find(&table, text));
    }
    assert_int_equal(table.count, 0);
    assert_int_equal(longest_chain(&table), 0);
    origin_table_fini(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_a_scheme_a_host_and_a_port),
        cmocka_unit_test(many_origins_are_found_without_looking_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
