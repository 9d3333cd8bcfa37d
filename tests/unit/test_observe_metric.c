/* Metrics from where they are recorded to where they are summed, within one process. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/metric.h"
#include "observe/metric_fold.h"
#include "observe/metric_format.h"
#include "observe/metric_name.h"
#include "observe/metric_snapshot.h"
#include "observe/metric_statsd.h"
#include "observe/metric_table.h"

static struct metric_store *store;
static struct metric_table table;

static int open_store(void **state) {
    int fd;
    if (store) metric_store_unmap(store);
    store = metric_store_make(&fd);
    return store ? metrics_open(fd) : -1;
}

static int forget_table(void **state) {
    metric_table_free(&table);
    return 0;
}

static const struct metric_entry *entry(const char *name, const char *labels) {
    const struct metric_entry **all = metric_table_sorted(&table), *found = NULL;
    for (const struct metric_entry **at = all; *at; at++)
        if (gr_slice_equal((*at)->name, gr_slice_of(name)) &&
            gr_slice_equal((*at)->labels, gr_slice_of(labels)))
            found = *at;
    free(all);
    return found;
}

static void fill_from(struct metric_store *from) {
    metric_table_begin(&table);
    metric_table_add(&table, from);
    metric_table_end(&table);
}

static gr_metric *find(gr_metric_kind kind, const char *name, const char *label) {
    gr_label labels[] = {{"which", label}};
    return gr_metric_find(kind, name, "of the test", labels, label != NULL);
}

/* ---- values ---- */

static void each_value_lies_within_one_percent_of_its_bucket(void **state) {
    for (double value = 1e-9; value < 1e9; value *= 1.0037) {
        struct histogram_place place = histogram_place(value);
        double middle = histogram_middle(place.octave, place.step);
        assert_true(fabs(middle - value) / value < 0.008);
        assert_true(histogram_bound(place.octave, place.step) < value);
    }
}

static void a_bucket_holds_its_upper_bound(void **state) {
    struct histogram_place below = histogram_place(4), above = histogram_place(4.0000001);
    assert_int_equal(below.octave + 1, above.octave);
    assert_int_equal(below.step, HISTOGRAM_STEPS - 1);
    assert_int_equal(above.step, 0);
}

static void values_of_any_size_have_a_bucket(void **state) {
    struct histogram_place none = histogram_place(0), most = histogram_place(1e300);
    assert_int_equal(none.octave, 0);
    assert_int_equal(none.step, 0);
    assert_int_equal(most.octave, HISTOGRAM_OCTAVES - 1);
    assert_int_equal(most.step, HISTOGRAM_STEPS - 1);
}

static int rising(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void quantiles_are_those_of_all_values_to_one_percent(void **state) {
    enum { VALUES = 20000 };
    static const double shares[] = {0.5, 0.75, 0.95, 0.99, 0.999};
    static double values[VALUES];
    double found[5], sum = 0, squares = 0;
    gr_metric *timer = find(GR_TIMER, "spread", NULL);
    srand(7);
    for (int i = 0; i < VALUES; i++) {
        values[i] = 0.001 * pow(1000, rand() / (double)RAND_MAX);
        sum += values[i];
        gr_metric_record(timer, values[i]);
    }
    for (int i = 0; i < VALUES; i++) squares += pow(values[i] - sum / VALUES, 2);
    qsort(values, VALUES, sizeof *values, rising);
    fill_from(store);
    const struct metric_entry *spread = entry("spread_seconds", "");
    metric_entry_quantiles(spread, shares, 5, found);
    for (int i = 0; i < 5; i++) {
        double true_one = values[(int)ceil(shares[i] * VALUES) - 1];
        assert_true(fabs(found[i] - true_one) / true_one < 0.01);
    }
    assert_int_equal(spread->count, VALUES);
    assert_true(fabs(spread->value - sum) < 1e-6 && spread->min == values[0]);
    double deviation = sqrt(squares / VALUES);
    assert_true(fabs(metric_entry_deviation(spread) - deviation) / deviation < 0.01);
}

static void what_cannot_be_a_value_is_not_recorded(void **state) {
    gr_metric *histogram = find(GR_HISTOGRAM, "odd", NULL), *counter = find(GR_COUNTER, "up", NULL);
    gr_metric_record(histogram, -1);
    gr_metric_record(histogram, NAN);
    gr_metric_record(histogram, INFINITY);
    gr_metric_add(counter, -1);
    gr_metric_add(counter, 2);
    gr_metric_add(NULL, 1);
    fill_from(store);
    assert_int_equal(metric_entry_count(entry("odd", "")), 0);
    assert_true(entry("up", "")->value == 2);
}

/* ---- names ---- */

static void a_name_has_one_kind(void **state) {
    assert_non_null(find(GR_COUNTER, "orders", NULL));
    assert_ptr_equal(find(GR_COUNTER, "orders_total", NULL), find(GR_COUNTER, "orders", NULL));
    assert_null(find(GR_GAUGE, "orders", NULL));
    assert_non_null(find(GR_TIMER, "render", NULL));
    assert_null(find(GR_GAUGE, "render_seconds", NULL));
}

static void names_that_a_format_could_not_write_are_refused(void **state) {
    static const char *const names[] = {"",           "1a", "a b", "a-b", "gr\xc3\xb6\xc3\x9f",
                                        "greenroom_x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(find(GR_COUNTER, names[i], NULL));
    assert_null(find(GR_GAUGE, "x_total", NULL));
    assert_null(gr_metric_find(GR_COUNTER, "x", NULL, &(gr_label){"le", "1"}, 1));
    assert_null(gr_metric_find(GR_COUNTER, "x", NULL, &(gr_label){"__x", "1"}, 1));
    gr_label twice[] = {{"a", "1"}, {"a", "2"}};
    assert_null(gr_metric_find(GR_COUNTER, "x", NULL, twice, 2));
}

static void the_order_of_labels_does_not_matter(void **state) {
    gr_label one[] = {{"a", "1"}, {"b", "2"}}, other[] = {{"b", "2"}, {"a", "1"}};
    assert_ptr_equal(gr_metric_find(GR_COUNTER, "ordered", NULL, one, 2),
                     gr_metric_find(GR_COUNTER, "ordered", NULL, other, 2));
}

static void any_label_is_written_so_that_it_can_be_read_back(void **state) {
    char text[METRIC_LABELS_MAX], longest[1000];
    static const char *const values[] = {"",         "\"quoted\"\\\n", "caf\xc3\xa9",
                                         "\xff\xc3", "\x01\x7f",       "\xed\xa0\x80"};
    memset(longest, '"', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i <= sizeof values / sizeof *values; i++) {
        const char *value = i < sizeof values / sizeof *values ? values[i] : longest;
        gr_label labels[] = {{"a", value}, {"b", "end"}};
        gr_slice put = {text, metric_labels_put(text, labels, 2, NULL)}, name, read;
        assert_true(metric_labels_are_valid(put));
        assert_true(metric_labels_next(&put, &name, &read));
        assert_true(metric_labels_next(&put, &name, &read));
        assert_true(gr_slice_equal(read, gr_slice_of("end")));
        assert_false(metric_labels_next(&put, &name, &read));
    }
}

static void labels_that_nobody_of_ours_wrote_are_found_out(void **state) {
    static const char *const wrong[] = {
        "a",        "a=",     "a=\"",     "a=\"b",    "a=\"b\"c",   "a=\"\\",        "a=\"\\x\"",
        "a=\"b\",", "=\"b\"", ",a=\"b\"", "a=\"\n\"", "a=\"\xff\"", "a=\"b\"a=\"c\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(metric_labels_are_valid(gr_slice_of(wrong[i])));
    assert_false(metric_labels_are_valid((gr_slice){"a=\"\\\0\"", 6}));
}

/* ---- many ---- */

static void further_series_are_counted_as_others(void **state) {
    char label[16];
    for (int i = 0; i < METRIC_SERIES_MAX + 50; i++) {
        sprintf(label, "%d", i);
        gr_metric_add(find(GR_COUNTER, "many", label), 1);
    }
    gr_metric_add(find(GR_COUNTER, "many", "7"), 1);
    gr_metric_add(metric_of_server(GR_COUNTER, "greenroom_x", "", NULL, 0), 1);
    fill_from(store);
    assert_true(entry("greenroom_x", "")->value == 1);
    assert_true(entry("many", "which=\"7\"")->value == 2);
    assert_true(entry("many", "which=\"(others)\"")->value == 50);
}

static void a_name_of_the_servers_leaves_room_for_its_others(void **state) {
    char label[16];
    for (int i = 0; i < METRIC_OWN_SERIES_MAX + 50; i++) {
        gr_label which = {"which", label};
        sprintf(label, "%d", i);
        gr_metric_add(metric_of_server(GR_COUNTER, "greenroom_many", "", &which, 1), 1);
    }
    gr_metric_add(metric_of_server(GR_COUNTER, "greenroom_late", "", &(gr_label){"a", "b"}, 1), 1);
    fill_from(store);
    assert_true(entry("greenroom_late", "a=\"b\"")->value == 1);
    assert_true(entry("greenroom_many", "which=\"1999\"")->value == 1);
    assert_true(entry("greenroom_many", "which=\"(others)\"")->value ==
                METRIC_OWN_SERIES_MAX + 50 - METRIC_OWN_FAMILY_MAX);
}

static void ten_thousand_timers_have_room(void **state) {
    char label[16];
    for (int i = 0; i < METRIC_SERIES_MAX; i++) {
        sprintf(label, "%d", i);
        gr_metric *timer = find(GR_TIMER, "busy", label);
        for (double value = 0.001; value < 0.06; value *= 2) gr_metric_record(timer, value);
    }
    fill_from(store);
    assert_true(table.dropped == 0);
    assert_int_equal(metric_entry_count(entry("busy_seconds", "which=\"9999\"")), 6);
}

static void values_without_a_place_are_counted(void **state) {
    char name[24];
    for (int i = 0; i < METRIC_FAMILIES_MAX + 3; i++) {
        sprintf(name, "name_%d", i);
        gr_metric_add(find(GR_COUNTER, name, NULL), 1);
    }
    fill_from(store);
    assert_true(table.dropped == 3);
}

static void *count_much(void *unused) {
    for (int i = 0; i < 20000; i++) {
        gr_metric_add(find(GR_COUNTER, "together", NULL), 1);
        gr_metric_record(find(GR_HISTOGRAM, "spread", NULL), i % 100);
    }
    return NULL;
}

static void threads_and_children_count_together(void **state) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, count_much, NULL);
    pid_t child = fork();
    if (child == 0) {
        count_much(NULL);
        _exit(0);
    }
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    waitpid(child, NULL, 0);
    fill_from(store);
    assert_true(entry("together", "")->value == 80000);
    assert_int_equal(entry("spread", "")->count, 80000);
    assert_int_equal(metric_entry_count(entry("spread", "")), 80000);
}

/* ---- the dead ---- */

static void what_a_process_has_counted_is_kept_but_for_its_gauges(void **state) {
    int fd;
    struct metric_store *past = metric_store_make(&fd);
    gr_metric_add(find(GR_COUNTER, "kept", "a"), 3);
    gr_metric_set(find(GR_GAUGE, "now", NULL), 5);
    for (int i = 1; i <= 100; i++) gr_metric_record(find(GR_TIMER, "took", NULL), i);
    for (int i = 0; i < 2; i++) metric_store_fold(past, store);
    fill_from(past);
    assert_true(entry("kept", "which=\"a\"")->value == 6);
    assert_null(entry("now", ""));
    gr_slice help = metric_table_family(&table, entry("kept", "which=\"a\""))->labels;
    assert_true(gr_slice_equal(help, gr_slice_of("of the test")));
    const struct metric_entry *took = entry("took_seconds", "");
    assert_int_equal(metric_entry_count(took), 200);
    assert_true(took->min == 1 && took->max == 100 && took->value == 2 * 5050);
    metric_store_unmap(past);
    close(fd);
}

static void ignore(void *data, const char *text, size_t len) {}

/* A worker may write there what it likes. */
static void a_copy_has_all_but_one_version(void **state) {
    int fd;
    struct metric_store *copy = metric_store_make(&fd);
    for (int i = 0; i < 2; i++) {
        gr_label labels[] = {{"endpoint", "/"}, {"version", i ? "2" : "1"}};
        gr_metric_record(metric_of_server(GR_TIMER, "greenroom_r_seconds", "", labels, 2), 1 + i);
        gr_metric_set(metric_of_server(GR_GAUGE, "greenroom_start", "", labels + 1, 1), 7);
        gr_metric_add(gr_metric_find(GR_COUNTER, "of_app", "", labels, 2), 1);
    }
    metric_store_copy(copy, store, gr_slice_of("version=\"1\""));
    fill_from(copy);
    assert_null(entry("greenroom_r_seconds", "endpoint=\"/\",version=\"1\""));
    assert_null(entry("greenroom_start", "version=\"1\""));
    assert_true(entry("greenroom_r_seconds", "endpoint=\"/\",version=\"2\"")->max == 2);
    assert_true(entry("greenroom_start", "version=\"2\"")->value == 7);
    assert_true(entry("of_app", "endpoint=\"/\",version=\"1\"")->value == 1);
    metric_store_unmap(copy);
    close(fd);
}

static void a_store_that_is_ruined_does_no_harm(void **state) {
    int fd;
    struct metric_store *past = metric_store_make(&fd);
    for (int i = 1; i <= 50; i++) gr_metric_record(find(GR_TIMER, "took", NULL), i);
    gr_metric_add(find(GR_COUNTER, "kept", "a"), 3);
    uint32_t used = atomic_load(&store->used);
    unsigned char *bytes = (unsigned char *)store;
    srand(11);
    for (int i = 0; i < 3000; i++) {
        size_t at =
            i % 2 ? sizeof *store + (size_t)rand() % (used - sizeof *store) : (size_t)rand() % used;
        bytes[at] = (unsigned char)rand();
        if (i % 30) continue;
        fill_from(store);
        metric_store_fold(past, store);
        FILE *out = fopen("/dev/null", "w");
        assert_int_equal(metric_format_text(&table, METRIC_OPENMETRICS, out), 0);
        assert_int_equal(metric_format_json(&table, out), 0);
        metric_statsd_push(&table, ignore, NULL);
        fclose(out);
    }
    metric_store_unmap(past);
    close(fd);
}

/* ---- rates ---- */

static void rates_are_averages_that_fade(void **state) {
    gr_metric *meter = find(GR_METER, "marks", NULL);
    for (int i = 0; i < 12; i++) { /* a minute of ten a second */
        gr_metric_add(meter, 50);
        fill_from(store);
        metric_table_tick(&table, 5);
    }
    assert_true(fabs(entry("marks", "")->rates[0] - 10) < 1e-9);
    for (int i = 0; i < 12; i++) { /* and one of silence */
        fill_from(store);
        metric_table_tick(&table, 5);
    }
    for (int i = 0; i < METRIC_RATES; i++) {
        double faded = 10 * exp(-1.0 / metric_rate_minutes[i]);
        assert_true(fabs(entry("marks", "")->rates[i] - faded) < 1e-6);
    }
}

/* ---- statsd ---- */

static char pushed[4096];

static void take(void *data, const char *text, size_t len) {
    assert_true(len <= METRIC_DATAGRAM_MAX);
    strncat(pushed, text, len);
}

static const char *push(void) {
    *pushed = '\0';
    fill_from(store);
    metric_statsd_push(&table, take, NULL);
    return pushed;
}

static void a_collector_is_told_what_has_changed(void **state) {
    gr_metric *counter = find(GR_COUNTER, "orders", "a,b|c"), *gauge = find(GR_GAUGE, "open", NULL);
    gr_metric *timer = find(GR_TIMER, "step", NULL);
    gr_metric_add(counter, 3);
    gr_metric_set(gauge, -2);
    for (int i = 0; i < 4; i++) gr_metric_record(timer, 0.25);
    push();
    assert_non_null(strstr(pushed, "orders:3|c|#which:a_b_c\n"));
    assert_non_null(strstr(pushed, "open:0|g\nopen:-2|g\n"));
    assert_non_null(strstr(pushed, "step:249.0234375|ms|@0.25\n"));
    assert_string_equal(push(), "open:0|g\nopen:-2|g\n");
    gr_metric_add(counter, 1);
    gr_metric_set(gauge, 2);
    gr_metric_record(timer, 0.25);
    push();
    assert_non_null(strstr(pushed, "orders:1|c|#which:a_b_c\n"));
    assert_non_null(strstr(pushed, "step:249.0234375|ms\n"));
    assert_null(strstr(pushed, "open:0|g"));
}

static void what_was_there_before_is_not_told(void **state) {
    gr_metric *counter = find(GR_COUNTER, "orders", NULL);
    gr_metric_add(counter, 3);
    fill_from(store);
    metric_statsd_push(&table, NULL, NULL);
    gr_metric_add(counter, 2);
    assert_string_equal(push(), "orders:2|c\n");
}

/* ---- snapshots ---- */

static char snapshot[4096];

static const char *tell(bool whole) {
    FILE *out = fmemopen(snapshot, sizeof snapshot, "w");
    metric_snapshot_write(&table, whole, out);
    fclose(out);
    metric_snapshot_told(&table);
    return snapshot;
}

static void fill_from_nothing(void) {
    metric_table_begin(&table);
    metric_table_end(&table);
}

static void rates_are_of_what_comes_after_the_start(void **state) {
    gr_metric *meter = find(GR_METER, "marks_before", NULL);
    gr_metric_add(meter, 1e6);
    fill_from(store);
    metric_table_start(&table);
    gr_metric_add(meter, 50);
    fill_from(store);
    metric_table_tick(&table, 5);
    assert_true(fabs(entry("marks_before", "")->rates[0] - 10) < 1e-9);
    assert_true(entry("marks_before", "")->before == 1e6);
}

static void who_was_told_of_a_gauge_is_told_of_its_end(void **state) {
    gr_metric *gauge = metric_of_server(GR_GAUGE, "greenroom_open", NULL, NULL, 0);
    gr_metric_set(gauge, 3);
    fill_from(store);
    assert_non_null(strstr(tell(true), "\"name\":\"greenroom_open\",\"labels\":{},\"value\":3}"));
    fill_from_nothing();
    assert_null(entry("greenroom_open", ""));
    assert_non_null(strstr(tell(false), "{\"id\":1,\"value\":0}"));
    fill_from_nothing();
    assert_null(strstr(tell(true), "greenroom_open"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, forget_table)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_lies_within_one_percent_of_its_bucket),
        cmocka_unit_test(a_bucket_holds_its_upper_bound),
        cmocka_unit_test(values_of_any_size_have_a_bucket),
        TEST(quantiles_are_those_of_all_values_to_one_percent),
        TEST(what_cannot_be_a_value_is_not_recorded),
        TEST(a_name_has_one_kind),
        TEST(names_that_a_format_could_not_write_are_refused),
        TEST(the_order_of_labels_does_not_matter),
        TEST(any_label_is_written_so_that_it_can_be_read_back),
        TEST(labels_that_nobody_of_ours_wrote_are_found_out),
        TEST(further_series_are_counted_as_others),
        TEST(a_name_of_the_servers_leaves_room_for_its_others),
        TEST(ten_thousand_timers_have_room),
        TEST(values_without_a_place_are_counted),
        TEST(threads_and_children_count_together),
        TEST(what_a_process_has_counted_is_kept_but_for_its_gauges),
        TEST(a_copy_has_all_but_one_version),
        TEST(a_store_that_is_ruined_does_no_harm),
        TEST(rates_are_averages_that_fade),
        TEST(rates_are_of_what_comes_after_the_start),
        TEST(who_was_told_of_a_gauge_is_told_of_its_end),
        TEST(a_collector_is_told_what_has_changed),
        TEST(what_was_there_before_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
