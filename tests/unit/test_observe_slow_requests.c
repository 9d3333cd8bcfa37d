/* The slowest requests of a process, as it notes them and as others read them. */
#include <pthread.h>
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
    int64_t last = now + SLOW_MINUTES * 60 * (int64_t)NS_PER_S, later = last + NS_PER_S;
    struct slow_request found;
    assert_int_equal(slow_requests_threshold(all, "/", last).least, 1000);
    assert_true(slow_requests_read(all, 0, last, &found));
    assert_int_equal(slow_requests_threshold(all, "/", later).least, 0);
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        assert_false(slow_requests_read(all, i, later, &found));
}

static void those_of_an_endpoint_that_are_too_old_take_up_no_room_of_it(void **state) {
    struct slow_request old = request("/", 1000);
    old.ended -= (SLOW_MINUTES * 60 + 1) * (int64_t)NS_PER_S;
    for (int i = 0; i < SLOW_OF_ENDPOINT; i++) slow_requests_put(all, &old, old.ended);
    for (int i = 1; i <= SLOW_OF_ENDPOINT; i++) put("/", i);
    assert_int_equal(count("/", 1), SLOW_OF_ENDPOINT);
}

static void one_that_is_to_come_by_the_clock_gives_way_to_any(void **state) {
    for (int i = 0; i < SLOW_REQUESTS; i++) put(i % 2 ? "/a" : "/b", 1000);
    int64_t before = now - 3600 * (int64_t)NS_PER_S;
    assert_int_equal(slow_requests_threshold(all, "/a", before).least, 0);
    assert_int_equal(slow_requests_threshold(all, "/c", before).least, 0);
}

static bool is_read(const struct slow_request *one) {
    struct slow_request found;
    all->places[0].request = *one;
    all->places[0].seq = 2;
    return slow_requests_read(all, 0, now, &found);
}

static void what_cannot_be_is_not_read(void **state) {
    struct slow_request good = request("/", 5), bad = good;
    assert_true(is_read(&good));
    bad.took = -5;
    assert_false(is_read(&bad));
    bad = good;
    bad.times[SLOW_TIMES - 1] = -1;
    assert_false(is_read(&bad));
    bad = good;
    bad.uses[SLOW_USES - 1].waited = -1;
    assert_false(is_read(&bad));
}

static void each_text_has_an_end(void **state) {
    struct slow_request found, endless = request("/", 5);
    memset(endless.id, 'a', sizeof endless.id);
    memset(endless.method, 'a', sizeof endless.method);
    memset(endless.path, 'a', sizeof endless.path);
    memset(endless.endpoint, 'a', sizeof endless.endpoint);
    for (int i = 0; i < SLOW_USES; i++)
        memset(endless.uses[i].name, 'a', sizeof endless.uses[i].name);
    assert_true(is_read(&endless));
    assert_true(slow_requests_read(all, 0, now, &found));
    assert_int_equal(strnlen(found.id, sizeof found.id), sizeof found.id - 1);
    assert_int_equal(strnlen(found.method, sizeof found.method), sizeof found.method - 1);
    assert_int_equal(strnlen(found.path, sizeof found.path), sizeof found.path - 1);
    assert_int_equal(strnlen(found.endpoint, sizeof found.endpoint), sizeof found.endpoint - 1);
    for (int i = 0; i < SLOW_USES; i++)
        assert_int_equal(strnlen(found.uses[i].name, sizeof found.uses[i].name),
                         sizeof found.uses[i].name - 1);
}

static void one_that_was_left_half_written_is_not_read_and_written_over(void **state) {
    struct slow_request found;
    put("/", 5);
    all->places[0].seq |= 1;
    assert_false(slow_requests_read(all, 0, now, &found));
    for (int i = 0; i < SLOW_OF_ENDPOINT; i++) put("/", 6);
    assert_int_equal(count("/", 6), SLOW_OF_ENDPOINT);
}

static atomic_bool enough;

/* All the times of one are the same, and differ from those of the next. */
static void *write_on(void *unused) {
    struct slow_request one = request("/", 1);
    for (; !enough; one.took++) {
        for (int i = 0; i < SLOW_TIMES; i++) one.times[i] = one.took;
        for (int i = 0; i < SLOW_USES; i++) one.uses[i].waited = one.took;
        slow_requests_put(all, &one, now);
    }
    return NULL;
}

static void one_that_is_being_written_is_not_read(void **state) {
    struct slow_request found;
    pthread_t writer;
    unsigned whole = 0;
    enough = false;
    assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
    for (int64_t until = clock_now() + 5 * (int64_t)NS_PER_S;
         whole < 20000 && clock_now() < until;) {
        for (unsigned i = 0; i < SLOW_OF_ENDPOINT; i++) {
            if (!slow_requests_read(all, i, now, &found)) continue;
            assert_int_equal(found.times[0], found.took);
            assert_int_equal(found.uses[SLOW_USES - 1].waited, found.took);
            whole++;
        }
    }
    enough = true;
    pthread_join(writer, NULL);
    assert_true(whole > 0);
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

static void one_that_is_slower_than_those_of_another_process_displaces_them(void **state) {
    struct slow_list list = {0};
    for (int i = 1; i <= SLOW_OF_ENDPOINT; i++) put("/a", 10 * i);
    put("/b", 5);
    slow_list_add(&list, all, now);
    memset(all, 0, sizeof *all);
    put("/a", 25);
    put("/a", 9);
    slow_list_add(&list, all, now);
    const int64_t expected[] = {40, 30, 25, 20, 5};
    assert_int_equal(list.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < list.count; i++) assert_int_equal(list.at[i].took, expected[i]);
}

static void no_more_are_shown_than_there_is_room_for(void **state) {
    struct {
        struct slow_list list;
        unsigned char behind[sizeof(struct slow_request)];
    } guarded = {0};
    char endpoint[32];
    for (int process = 0; process < 3; process++) {
        memset(all, 0, sizeof *all);
        for (int i = 0; i < SLOW_REQUESTS; i++) {
            snprintf(endpoint, sizeof endpoint, "/%d/%d", process, i);
            put(endpoint, 2 * (i * 3 + process));
        }
        slow_list_add(&guarded.list, all, now);
    }
    assert_int_equal(guarded.list.count, SLOW_SHOWN);
    for (int i = 0; i < SLOW_SHOWN; i++)
        assert_int_equal(guarded.list.at[i].took, 2 * (3 * SLOW_REQUESTS - 1 - i));
    const int64_t least = guarded.list.at[SLOW_SHOWN - 1].took;
    memset(all, 0, sizeof *all);
    put("/last", least + 1);
    slow_list_add(&guarded.list, all, now);
    assert_int_equal(guarded.list.at[SLOW_SHOWN - 1].took, least + 1);
    for (size_t i = 0; i < sizeof guarded.behind; i++) assert_int_equal(guarded.behind[i], 0);
}

static void they_are_written_as_json(void **state) {
    struct slow_list list = {0};
    struct slow_request one = request("/<x>", 2 * (int64_t)NS_PER_S);
    char *text = NULL;
    size_t len;
    one.times[0] = one.times[1] = NS_PER_S;
    one.worker = 3;
    strcpy(one.id, "7f-1");
    strcpy(one.method, "GET");
    strcpy(one.path, "/\"\\\n\xff");
    strcpy(one.uses[0].name, "postgres@db:5432");
    strcpy(one.uses[1].name, "redis@db:6379");
    one.uses[0].waited = NS_PER_MS;
    slow_requests_put(all, &one, now);
    put("/y", NS_PER_S);
    slow_list_add(&list, all, now);
    FILE *out = open_memstream(&text, &len);
    slow_list_write(&list, out);
    fclose(out);
    assert_string_equal(
        text, "{\"requests\":[{\"worker\":\"3\",\"status\":200,\"ended\":1764324000,\"took\":2,"
              "\"id\":\"7f-1\",\"method\":\"GET\",\"path\":\"/\\\"\\\\??\",\"endpoint\":\"/<x>\","
              "\"spent\":{\"running\":1,\"queued\":1},"
              "\"downstreams\":[{\"name\":\"postgres@db:5432\",\"waited\":0.001},"
              "{\"name\":\"redis@db:6379\",\"waited\":0}]},\n"
              "{\"worker\":\"0\",\"status\":200,\"ended\":1764324000,\"took\":1,"
              "\"id\":\"\",\"method\":\"\",\"path\":\"\",\"endpoint\":\"/y\","
              "\"spent\":{},\"downstreams\":[]}]}\n");
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
        cmocka_unit_test_setup_teardown(those_of_an_endpoint_that_are_too_old_take_up_no_room_of_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(each_text_has_an_end, begin, end),
        cmocka_unit_test_setup_teardown(one_that_was_left_half_written_is_not_read_and_written_over,
                                        begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_being_written_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(
            one_that_is_slower_than_those_of_another_process_displaces_them, begin, end),
        cmocka_unit_test_setup_teardown(no_more_are_shown_than_there_is_room_for, begin, end),
        cmocka_unit_test_setup_teardown(what_a_process_has_ruined_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(the_slowest_of_all_processes_come_first, begin, end),
        cmocka_unit_test_setup_teardown(they_are_written_as_json, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
