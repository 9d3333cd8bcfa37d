/* Snapshots: what whoever follows the metrics is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "observe/metric.h"
#include "observe/metric_snapshot.h"

static struct metric_store *store;
static struct metric_table table;
static char *said;

static int open_store(void **state) {
    int fd;
    store = metric_store_make(&fd);
    return store ? metrics_open(fd) : -1;
}

static int forget(void **state) {
    metric_table_free(&table);
    metric_store_unmap(store);
    free(said);
    said = NULL;
    return 0;
}

static gr_metric *find(gr_metric_kind kind, const char *name, const char *which) {
    const gr_label label = {"which", which};
    return metric_of_server(kind, name, "", &label, 1);
}

/* A snapshot of what there is now, without its head, as it is told. */
static const char *tell(bool whole) {
    size_t len;
    free(said);
    FILE *out = open_memstream(&said, &len);
    metric_table_begin(&table);
    metric_table_add(&table, store);
    metric_table_end(&table);
    metric_snapshot_write(&table, whole, out);
    metric_snapshot_told(&table);
    fclose(out);
    return strstr(said, "\"series\":");
}

static void the_first_has_all_and_the_next_what_has_changed(void **state) {
    gr_metric *timer = find(GR_TIMER, "greenroom_a_seconds", "x");
    gr_metric *counter = find(GR_COUNTER, "greenroom_b", "y");
    gr_metric_record(timer, 1);
    gr_metric_record(timer, 1);
    gr_metric_add(counter, 3);
    tell(true);
    assert_non_null(strstr(said, "\"name\":\"greenroom_a_seconds\",\"labels\":{\"which\":\"x\"},"
                                 "\"value\":2,\"rate\":0,\"count\":2,\"min\":1,\"max\":1,"
                                 "\"buckets\":[1983,2]"));
    assert_non_null(
        strstr(said, "\"name\":\"greenroom_b\",\"labels\":{\"which\":\"y\"},\"value\":3"));
    assert_string_equal(tell(false), "\"series\":[],\"left_out\":0}");
    gr_metric_record(timer, 1);
    tell(false);
    assert_null(strstr(said, "\"name\""));
    assert_non_null(
        strstr(said, "\"value\":3,\"count\":3,\"min\":1,\"max\":1,\"buckets\":[1983,1]}]"));
}

static void whoever_comes_later_is_told_all_that_there_is(void **state) {
    gr_metric *timer = find(GR_TIMER, "greenroom_a_seconds", "x");
    gr_metric_record(timer, 1);
    gr_metric_record(timer, 2);
    tell(true);
    gr_metric_record(timer, 2);
    tell(false);
    tell(false);
    assert_string_equal(strstr(said, "\"series\":"), "\"series\":[],\"left_out\":0}");
    tell(true);
    assert_non_null(strstr(said, "\"value\":5,\"rate\":0,\"count\":3,\"min\":1,\"max\":2,"
                                 "\"buckets\":[1983,1,2047,2]}]"));
}

static void a_change_of_the_value_or_of_the_count_is_one(void **state) {
    gr_metric *gauge = find(GR_GAUGE, "greenroom_c", "x");
    gr_metric *histogram = find(GR_HISTOGRAM, "greenroom_d", "x");
    gr_metric_set(gauge, 3);
    tell(true);
    assert_non_null(strstr(said, "\"value\":0,\"count\":0,\"min\":0,\"max\":0,\"buckets\":[]}"));
    gr_metric_set(gauge, 4);
    tell(false);
    assert_non_null(strstr(said, "\"value\":4}]"));
    gr_metric_record(histogram, 0);
    tell(false);
    assert_non_null(strstr(said, "\"value\":0,\"count\":1,"));
    assert_null(strstr(said, "\"value\":4}"));
}

static void every_bucket_has_its_number(void **state) {
    gr_metric *histogram = find(GR_HISTOGRAM, "greenroom_d", "x");
    gr_metric_record(histogram, 0);
    gr_metric_record(histogram, 1);
    gr_metric_record(histogram, 1e300);
    tell(true);
    assert_non_null(strstr(said, "\"buckets\":[0,1,1983,1,4095,1]}"));
    gr_metric_record(histogram, 1.75);
    tell(false);
    assert_non_null(strstr(said, "\"buckets\":[2031,1]}"));
}

static void a_snapshot_says_when_it_is_and_the_rate_of_a_minute(void **state) {
    long long seconds;
    int fraction, from, to;
    size_t len;
    gr_metric_add(find(GR_METER, "greenroom_e", "x"), 6);
    tell(true);
    assert_int_equal(sscanf(said, "{\"at\":%lld.%n%d%n", &seconds, &from, &fraction, &to), 2);
    assert_in_range(seconds, time(NULL) - 5, time(NULL));
    assert_int_equal(to - from, 3);
    struct metric_entry *e = NULL;
    while ((e = metric_table_next(&table, e)))
        if (!e->family) e->rates[0] = 0.5;
    free(said);
    FILE *out = open_memstream(&said, &len);
    metric_snapshot_write(&table, true, out);
    fclose(out);
    assert_non_null(strstr(said, "\"value\":6,\"rate\":0.5}"));
}

static void a_series_that_is_new_is_told_by_name(void **state) {
    gr_metric_add(find(GR_COUNTER, "greenroom_b", "y"), 1);
    tell(true);
    gr_metric_add(find(GR_COUNTER, "greenroom_b", "z"), 1);
    assert_string_equal(tell(false), "\"series\":[{\"id\":2,\"name\":\"greenroom_b\",\"labels\":"
                                     "{\"which\":\"z\"},\"value\":1}],\"left_out\":0}");
}

static void what_is_the_applications_own_is_not_told(void **state) {
    gr_metric_add(gr_metric_find(GR_COUNTER, "orders", "", NULL, 0), 1);
    assert_string_equal(tell(true), "\"series\":[],\"left_out\":0}");
}

static void put_many(const char *name, const char *label, int count) {
    for (int i = 0; i < count; i++) {
        char labels[64];
        int len = snprintf(labels, sizeof labels, "%s=\"%d\"", label, i);
        metric_table_put(&table, GR_COUNTER, gr_slice_of(name), gr_slice_of(""),
                         (gr_slice){labels, (size_t)len}, 1);
    }
}

static void write_whole(void) {
    size_t len;
    FILE *out = open_memstream(&said, &len);
    metric_snapshot_write(&table, true, out);
    fclose(out);
}

static void beyond_so_many_series_they_are_left_out(void **state) {
    put_many("greenroom_b", "which", METRIC_SNAPSHOT_SERIES + 5);
    write_whole();
    assert_non_null(strstr(said, "\"left_out\":5}"));
}

/* One for which there was no room is new when there is. */
static void who_goes_makes_room_for_others(void **state) {
    char labels[64] = "";
    size_t len;
    put_many("greenroom_b", "which", METRIC_SNAPSHOT_SERIES + 1);
    write_whole();
    metric_snapshot_told(&table);
    for (struct metric_entry *e = NULL; (e = metric_table_next(&table, e));)
        if (!e->family && !e->id)
            snprintf(labels, sizeof labels, "%.*s", (int)e->labels.len, e->labels.data);
    metric_table_begin(&table);
    metric_table_put(&table, GR_COUNTER, gr_slice_of("greenroom_b"), gr_slice_of(""),
                     gr_slice_of(labels), 1);
    metric_table_end(&table);
    free(said);
    FILE *out = open_memstream(&said, &len);
    metric_snapshot_write(&table, false, out);
    fclose(out);
    assert_non_null(strstr(said, "\"name\":\"greenroom_b\""));
    assert_non_null(strstr(said, "\"left_out\":0}"));
}

static void many_endpoints_leave_room_for_the_rest(void **state) {
    put_many("greenroom_b", "endpoint", METRIC_SNAPSHOT_SERIES);
    put_many("greenroom_c", "worker", METRIC_SNAPSHOT_KEPT);
    write_whole();
    for (int i = 0; i < METRIC_SNAPSHOT_KEPT; i++) {
        char labels[32];
        sprintf(labels, "{\"worker\":\"%d\"}", i);
        assert_non_null(strstr(said, labels));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_has_all_and_the_next_what_has_changed, open_store,
                                        forget),
        cmocka_unit_test_setup_teardown(whoever_comes_later_is_told_all_that_there_is, open_store,
                                        forget),
        cmocka_unit_test_setup_teardown(a_change_of_the_value_or_of_the_count_is_one, open_store,
                                        forget),
        cmocka_unit_test_setup_teardown(every_bucket_has_its_number, open_store, forget),
        cmocka_unit_test_setup_teardown(a_snapshot_says_when_it_is_and_the_rate_of_a_minute,
                                        open_store, forget),
        cmocka_unit_test_setup_teardown(who_goes_makes_room_for_others, open_store, forget),
        cmocka_unit_test_setup_teardown(a_series_that_is_new_is_told_by_name, open_store, forget),
        cmocka_unit_test_setup_teardown(what_is_the_applications_own_is_not_told, open_store,
                                        forget),
        cmocka_unit_test_setup_teardown(many_endpoints_leave_room_for_the_rest, open_store, forget),
        cmocka_unit_test_setup_teardown(beyond_so_many_series_they_are_left_out, open_store,
                                        forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
