/* What a path is called where no route is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/endpoint_path.h"

static void is_called(const char *path, const char *name) {
    char out[48];
    size_t len = endpoint_path(gr_slice_of(path), out, sizeof out);
    assert_int_equal(len, strlen(name));
    assert_memory_equal(out, name, len);
}

static void words_stay(void **state) {
    is_called("/", "/");
    is_called("/api/v2/orders/", "/api/v2/orders/");
    is_called("/deadbeef/2fa", "/deadbeef/2fa");
}

static void what_names_one_thing_of_many_does_not(void **state) {
    is_called("/orders/4711", "/orders/{id}");
    is_called("/orders/4711/items/3", "/orders/{id}/items/{id}");
    is_called("/on/2026-11-28", "/on/{id}");
    is_called("/u/6f1ed002-ab5a-4e3c-9d2b-0a1b2c3d4e5f", "/u/{id}");
    is_called("/t/eyJhbGciOiJIUzI1NiJ9", "/t/{id}");
}

static void a_long_path_is_cut_off(void **state) {
    is_called("/a/bbbbbbbbbbbbbbbbbbbbbbb/cccccccccccccccccccccccccc/d",
              "/a/bbbbbbbbbbbbbbbbbbbbbbb/...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stay),
        cmocka_unit_test(what_names_one_thing_of_many_does_not),
        cmocka_unit_test(a_long_path_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
