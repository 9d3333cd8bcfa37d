/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/route.h"

/* Handlers are told apart by their data: the name that a test gives them. */
static void handler(gr_request *request, void *data) {}

/* Routes live as long as the process, so each test has an application of its own. */
static struct gr_app apps[32], *app = apps;
static struct arena arena;

static int begin(void **state) {
    static char memory[256];
    app++;
    assert_true(app < apps + 32);
    arena_init(&arena, memory, sizeof memory);
    return 0;
}

static int end(void **state) {
    arena_fini(&arena);
    return 0;
}

static void add(const char *method, const char *pattern) {
    assert_int_equal(gr_app_route(app, method, pattern, handler, (void *)pattern), 0);
}

static struct route_match find(const char *method, const char *path, enum route_result expected) {
    struct route_match match;
    assert_int_equal(route_find(app, gr_slice_of(method), gr_slice_of(path), &arena, &match),
                     expected);
    return match;
}

static struct route_match assert_found(const char *method, const char *path, const char *pattern) {
    struct route_match match = find(method, path, ROUTE_FOUND);
    assert_ptr_equal(match.handler, handler);
    assert_string_equal(match.data, pattern);
    return match;
}

static void assert_param(const struct route_match *match, unsigned index, const char *name,
                         const char *value) {
    assert_true(index < match->param_count);
    assert_string_equal(match->params[index].name, name);
    assert_true(gr_slice_equal(match->params[index].value, gr_slice_of(value)));
}

static void assert_refused(const char *method, const char *pattern, int code) {
    errno = 0;
    assert_int_equal(gr_app_route(app, method, pattern, handler, NULL), -1);
    assert_int_equal(errno, code);
}

static void a_literal_path_is_found_whole_or_not_at_all(void **state) {
    add("GET", "/a/b");
    assert_found("GET", "/a/b", "/a/b");
    find("GET", "/a", ROUTE_NOT_FOUND);
    find("GET", "/a/b/", ROUTE_NOT_FOUND);
    find("GET", "/a/bc", ROUTE_NOT_FOUND);
    find("GET", "/A/b", ROUTE_NOT_FOUND);
    find("GET", "/", ROUTE_NOT_FOUND);
}

static void nothing_is_found_without_routes(void **state) { find("GET", "/", ROUTE_NOT_FOUND); }

static void the_root_and_a_slash_at_the_end_are_segments_of_their_own(void **state) {
    add("GET", "/");
    add("GET", "/a/");
    assert_found("GET", "/", "/");
    assert_found("GET", "/a/", "/a/");
    find("GET", "/a", ROUTE_NOT_FOUND);
    find("GET", "//", ROUTE_NOT_FOUND);
}

static void a_parameter_matches_one_segment_that_is_not_empty(void **state) {
    add("GET", "/user/{id}/post/{post}");
    struct route_match match = assert_found("GET", "/user/7/post/x.y", "/user/{id}/post/{post}");
    assert_int_equal(match.param_count, 2);
    assert_param(&match, 0, "id", "7");
    assert_param(&match, 1, "post", "x.y");
    find("GET", "/user//post/x", ROUTE_NOT_FOUND);
    find("GET", "/user/7/8/post/x", ROUTE_NOT_FOUND);
}

static void a_rest_parameter_matches_slashes_and_nothing(void **state) {
    add("GET", "/static/{path...}");
    struct route_match match = assert_found("GET", "/static/css/a.css", "/static/{path...}");
    assert_param(&match, 0, "path", "css/a.css");
    match = assert_found("GET", "/static/", "/static/{path...}");
    assert_param(&match, 0, "path", "");
    find("GET", "/static", ROUTE_NOT_FOUND);
}

static void literals_win_over_parameters_and_these_over_the_rest(void **state) {
    add("GET", "/{rest...}");
    add("GET", "/{name}");
    add("GET", "/me");
    assert_found("GET", "/me", "/me");
    assert_found("GET", "/you", "/{name}");
    assert_found("GET", "/you/too", "/{rest...}");
}

static void the_search_comes_back_from_a_dead_end(void **state) {
    add("GET", "/a/{x}/end");
    add("GET", "/{y}/b/other");
    struct route_match match = assert_found("GET", "/a/b/other", "/{y}/b/other");
    assert_int_equal(match.param_count, 1);
    assert_param(&match, 0, "y", "a");
}

static void a_less_literal_route_answers_where_the_other_lacks_the_method(void **state) {
    add("POST", "/a/b");
    add("GET", "/a/{x}");
    assert_found("GET", "/a/b", "/a/{x}");
    assert_found("POST", "/a/b", "/a/b");
}

static void parameters_are_percent_decoded_once(void **state) {
    add("GET", "/{x}");
    struct route_match match = assert_found("GET", "/a%2Fb%2520c", "/{x}");
    assert_param(&match, 0, "x", "a/b%20c");
}

static void an_encoded_literal_is_the_same_path(void **state) {
    add("GET", "/caf\xc3\xa9/x");
    assert_found("GET", "/c%61f%C3%a9/x", "/caf\xc3\xa9/x");
    find("GET", "/c%61f%C3%a9%2Fx", ROUTE_NOT_FOUND);
}

static void head_is_answered_by_get(void **state) {
    add("GET", "/a");
    add("GET", "/b");
    assert_int_equal(gr_app_route(app, "HEAD", "/b", handler, "own"), 0);
    assert_found("HEAD", "/a", "/a");
    assert_found("HEAD", "/b", "own");
}

static void a_route_for_any_method_comes_last(void **state) {
    assert_int_equal(gr_app_route(app, NULL, "/a", handler, "any"), 0);
    assert_int_equal(gr_app_route(app, "GET", "/a", handler, "get"), 0);
    assert_found("GET", "/a", "get");
    assert_found("HEAD", "/a", "get");
    assert_found("PURGE", "/a", "any");
}

static void another_method_is_not_allowed_and_told_which_are(void **state) {
    add("GET", "/a");
    assert_int_equal(gr_app_route(app, "PUT", "/{x}", handler, NULL), 0);
    struct route_match match = find("POST", "/a", ROUTE_NOT_ALLOWED);
    assert_string_equal(match.allow, "GET, HEAD, PUT");
    find("get", "/a", ROUTE_NOT_ALLOWED);
}

static void the_fallback_takes_what_no_route_matches(void **state) {
    add("GET", "/a");
    gr_app_fallback(app, handler, "fallback");
    assert_found("DELETE", "/b", "fallback");
    assert_found("OPTIONS", "*", "fallback");
    find("POST", "/a", ROUTE_NOT_ALLOWED);
}

static void malformed_patterns_are_refused(void **state) {
    const char *const bad[] = {"",      "a",     "/{}",       "/{a",      "/a}",
                               "/x{a}", "/{a}x", "/{a...}/b", "/{...}",   "/{a-b}",
                               "/a?b",  "/a#b",  "/%61",      "/{a}/{a}", "/a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_refused("GET", bad[i], EINVAL);
    assert_refused("G T", "/a", EINVAL);
    assert_refused("", "/a", EINVAL);
    assert_int_equal(gr_app_route(app, "GET", "/a", NULL, NULL), -1);
}

static void the_same_method_and_pattern_cannot_be_there_twice(void **state) {
    add("GET", "/a/{x}");
    assert_refused("GET", "/a/{x}", EEXIST);
    assert_refused("GET", "/a/{other_name}", EEXIST);
    add("POST", "/a/{x}");
    add("GET", "/a/{x...}");
}

static void more_parameters_than_fit_are_refused(void **state) {
    char pattern[200] = "";
    for (int i = 0; i < ROUTE_PARAMS_MAX; i++) sprintf(pattern + strlen(pattern), "/{p%d}", i);
    add("GET", pattern);
    strcat(pattern, "/{more}");
    assert_refused("GET", pattern, EINVAL);
    find("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", ROUTE_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_literal_path_is_found_whole_or_not_at_all),
        TEST(nothing_is_found_without_routes),
        TEST(the_root_and_a_slash_at_the_end_are_segments_of_their_own),
        TEST(a_parameter_matches_one_segment_that_is_not_empty),
        TEST(a_rest_parameter_matches_slashes_and_nothing),
        TEST(literals_win_over_parameters_and_these_over_the_rest),
        TEST(the_search_comes_back_from_a_dead_end),
        TEST(a_less_literal_route_answers_where_the_other_lacks_the_method),
        TEST(parameters_are_percent_decoded_once),
        TEST(an_encoded_literal_is_the_same_path),
        TEST(head_is_answered_by_get),
        TEST(a_route_for_any_method_comes_last),
        TEST(another_method_is_not_allowed_and_told_which_are),
        TEST(the_fallback_takes_what_no_route_matches),
        TEST(malformed_patterns_are_refused),
        TEST(the_same_method_and_pattern_cannot_be_there_twice),
        TEST(more_parameters_than_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
