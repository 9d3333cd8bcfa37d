/* The slowest requests of a process, as it notes them and as others read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "observe/slow_format.h"

static const int64_t now = 1764324000 * (int64_t)NS_PER_S;

static struct slow_requests *all;

static int begin(void **state) {
    all = calloc(1, sizeof *all);
    return all ? 0 : -1;
}

static int end(void **state) {
    free(all);
    return 0;
}

static struct slow_request request(const char *endpoint, int64_t took) {
    struct slow_request made = {.ended = now, .took = took, .status = 200};
    snprintf(made.endpoint, sizeof made.endpoint, "%s", endpoint);
    return made;
}

static void put(const char *endpoint, int64_t took) {
    struct slow_request made = request(endpoint, took);
    slow_requests_put(all, &made, now);
}

static int count(const char *endpoint, int64_t least) {
    struct slow_request found;
    int number = 0;
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        number += slow_requests_read(all, i, now, &found) &&
                  strcmp(found.endpoint, endpoint) == 0 && found.took >= least;
    return number;
}

static void a_slow_request_takes_the_place_of_the_fastest(void **state) {
    char endpoint[32];
    for (int i = 0; i < SLOW_REQUESTS; i++) {
        snprintf(endpoint, sizeof endpoint, "/%d", i);
        put(endpoint, 100 + i);
    }
    assert_int_equal(slow_requests_threshold(all, "/new", now).least, 100);
    put("/new", 100);
    assert_int_equal(count("/new", 0), 0);
    put("/new", 101);
    assert_int_equal(count("/new", 0), 1);
    assert_int_equal(count("/0", 0), 0);
}

static void an_endpoint_that_is_always_slow_leaves_room_for_others(void **state) {
    for (int i = 1; i <= 100; i++) put("/poll", 1000 + i);
    assert_int_equal(count("/poll", 1097), SLOW_OF_ENDPOINT);
    assert_int_equal(slow_requests_threshold(all, "/poll", now).least, 1097);
    assert_int_equal(slow_requests_threshold(all, "/other", now).least, 0);
    put("/other", 1);
    assert_int_equal(count("/other", 0), 1);
}

static void what_is_known_of_an_endpoint_holds_for_a_while(void **state) {
    struct slow_threshold none = {0};
    assert_true(slow_requests_want(&none, 0));
    for (int i = 0; i < SLOW_OF_ENDPOINT; i++) put("/", 50);
    struct slow_threshold known = slow_requests_threshold(all, "/", now);
    assert_false(slow_requests_want(&known, 50));
    assert_true(slow_requests_want(&known, 51));
    slow_requests_time++;
    assert_true(slow_requests_want(&known, 50));
}

static void one_that_is_too_old_gives_way_to_any(void **state) {
    for (int i = 0; i < SLOW_OF_ENDPOINT; i++) put("/", 1000);
    int64_t later = now + (SLOW_MINUTES * 60 + 1) * (int64_t)NS_PER_S;
    struct slow_request found;
    assert_int_equal(slow_requests_threshold(all, "/", later).least, 0);
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        assert_false(slow_requests_read(all, i, later, &found));
}

static void one_that_is_to_come_by_the_clock_gives_way_to_any(void **state) {
    for (int i = 0; i < SLOW_REQUESTS; i++) put(i % 2 ? "/a" : "/b", 1000);
    int64_t before = now - 3600 * (int64_t)NS_PER_S;
    assert_int_equal(slow_requests_threshold(all, "/a", before).least, 0);
    assert_int_equal(slow_requests_threshold(all, "/c", before).least, 0);
}

static void what_a_process_has_ruined_is_not_read(void **state) {
    struct slow_request found;
    struct slow_list list = {0};
    memset(all, 0xff, sizeof *all);
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        assert_false(slow_requests_read(all, i, now, &found));
    for (unsigned i = 0; i < SLOW_REQUESTS; i++) {
        all->places[i].seq = 2;
        all->places[i].request = request("", 5);
        memset(all->places[i].request.path, 0xff, sizeof all->places[i].request.path);
    }
    slow_list_add(&list, all, now);
    assert_int_equal(list.count, SLOW_OF_ENDPOINT);
    assert_int_equal(strlen(list.at[0].path), sizeof list.at[0].path - 1);
}

static void the_slowest_of_all_processes_come_first(void **state) {
    struct slow_list list = {0};
    for (int i = 0; i < SLOW_OF_ENDPOINT; i++) {
        put("/a", 10 + i);
        put("/b", 30 - i);
    }
    slow_list_add(&list, all, now);
    slow_list_add(&list, all, now);
    assert_int_equal(list.count, 2 * SLOW_OF_ENDPOINT);
    assert_int_equal(list.at[0].took, 30);
    for (size_t i = 1; i < list.count; i++) assert_true(list.at[i].took <= list.at[i - 1].took);
}

static void they_are_written_as_json(void **state) {
    struct slow_list list = {0};
    struct slow_request one = request("/<x>", 2 * (int64_t)NS_PER_S);
    char *text = NULL;
    size_t len;
    one.times[0] = one.times[1] = NS_PER_S;
    strcpy(one.path, "/\"\\\n\xff");
    strcpy(one.uses[0].name, "postgres@db:5432");
    one.uses[0].waited = NS_PER_MS;
    slow_requests_put(all, &one, now);
    slow_list_add(&list, all, now);
    FILE *out = open_memstream(&text, &len);
    slow_list_write(&list, out);
    fclose(out);
    assert_non_null(strstr(text, "\"path\":\"/\\\"\\\\??\""));
    assert_non_null(strstr(text, "\"spent\":{\"running\":1,\"queued\":1}"));
    assert_non_null(
        strstr(text, "\"downstreams\":[{\"name\":\"postgres@db:5432\",\"waited\":0.001}]"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_slow_request_takes_the_place_of_the_fastest, begin, end),
        cmocka_unit_test_setup_teardown(an_endpoint_that_is_always_slow_leaves_room_for_others,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_is_known_of_an_endpoint_holds_for_a_while, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_too_old_gives_way_to_any, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_to_come_by_the_clock_gives_way_to_any, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_a_process_has_ruined_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(the_slowest_of_all_processes_come_first, begin, end),
        cmocka_unit_test_setup_teardown(they_are_written_as_json, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
