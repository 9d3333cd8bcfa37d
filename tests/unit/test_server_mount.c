/* What --mount takes off a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/mount.h"

static void enters(const char *sent_text, const char *decoded_text, const char *sent_rest,
                   const char *decoded_rest) {
    gr_slice sent = gr_slice_of(sent_text), decoded = gr_slice_of(decoded_text);
    assert_true(mount_enter(&sent, &decoded));
    assert_true(gr_slice_equal(sent, gr_slice_of(sent_rest)));
    assert_true(gr_slice_equal(decoded, gr_slice_of(decoded_rest)));
}

static bool is_beneath(const char *path) {
    gr_slice sent = gr_slice_of(path), decoded = sent;
    return mount_enter(&sent, &decoded);
}

static void the_prefix_is_taken_off(void **state) {
    mount_init("/shop");
    enters("/shop/a", "/shop/a", "/a", "/a");
    enters("/shop/", "/shop/", "/", "/");
    enters("/shop//a", "/shop//a", "//a", "//a");
}

static void the_prefix_alone_leaves_an_empty_path_that_is_routed_as_the_root(void **state) {
    mount_init("/shop");
    enters("/shop", "/shop", "/", "");
}

static void the_prefix_may_be_encoded(void **state) {
    mount_init("/shop");
    enters("/%73h%6Fp/a%20b", "/shop/a b", "/a%20b", "/a b");
}

static void what_is_not_beneath_is_told(void **state) {
    mount_init("/shop");
    assert_false(is_beneath("/"));
    assert_false(is_beneath("/sho"));
    assert_false(is_beneath("/shops"));
    assert_false(is_beneath("/Shop/a"));
    assert_false(is_beneath("/a/shop"));
    assert_false(is_beneath("*"));
    assert_false(is_beneath("/shop%2Fa"));
    assert_false(is_beneath("%2Fshop/a"));
    mount_init("/a/b");
    assert_true(is_beneath("/a/b/c"));
    assert_false(is_beneath("/a%2Fb/c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_is_taken_off),
        cmocka_unit_test(the_prefix_alone_leaves_an_empty_path_that_is_routed_as_the_root),
        cmocka_unit_test(the_prefix_may_be_encoded),
        cmocka_unit_test(what_is_not_beneath_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
