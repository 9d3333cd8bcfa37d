/* Snapshots: what whoever follows the metrics is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        cmocka_unit_test_setup_teardown(a_series_that_is_new_is_told_by_name, open_store, forget),
        cmocka_unit_test_setup_teardown(what_is_the_applications_own_is_not_told, open_store,
                                        forget),
        cmocka_unit_test_setup_teardown(many_endpoints_leave_room_for_the_rest, open_store, forget),
        cmocka_unit_test_setup_teardown(beyond_so_many_series_they_are_left_out, open_store,
                                        forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
