/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "log/ring.h"
#include "log/rings.h"

enum { WRITERS = 4, EACH = 20000, RECORD_HEAD = 16 };

static struct log_bell *bell;
static struct log_pen pen;
static struct log_reader reader;
static int rings_fd;

static int begin(void **state) {
    bell = log_rings_make(1, 0, &rings_fd);
    assert_non_null(bell);
    pen = (struct log_pen){bell, log_ring_at(bell, 0), getpid()};
    log_reader_open(&reader, pen.ring);
    return 0;
}

static int end(void **state) {
    munmap(bell, log_rings_size(1));
    close(rings_fd);
    return 0;
}

static void put(const char *text) {
    log_ring_put(&pen, LOG_KIND_LINE, false, clock_now(), gr_slice_of(text));
}

/* The text of the next record, or NULL. */
static const char *take(void) {
    static char text[LOG_RECORD_MAX + 1];
    if (!log_reader_peek(&reader)) return NULL;
    uint32_t len = reader.next.len;
    log_reader_take(&reader, text);
    text[len] = '\0';
    return text;
}

static void records_come_out_as_they_were_put(void **state) {
    put("one");
    log_ring_put(&pen, LOG_KIND_ERROR, true, 42, gr_slice_of("two, which is longer than a unit"));
    assert_string_equal(take(), "one");
    assert_true(log_reader_peek(&reader));
    assert_int_equal(reader.next.kind, LOG_KIND_ERROR);
    assert_int_equal(reader.next.time, 42);
    assert_string_equal(take(), "two, which is longer than a unit");
    assert_null(take());
}

static void another_reader_goes_on_where_the_last_has_ended(void **state) {
    uint32_t count;
    put("one");
    put("two");
    assert_string_equal(take(), "one");
    struct log_bell *again = log_rings_map(rings_fd, &count);
    assert_non_null(again);
    assert_int_equal(count, 1);
    log_reader_open(&reader, log_ring_at(again, 0));
    assert_string_equal(take(), "two");
    assert_null(take());
    munmap(again, log_rings_size(1));
}

static void records_wrap_around_the_end_of_the_ring(void **state) {
    char text[700];
    for (int i = 0; i < 3 * LOG_RING_SIZE / 600; i++) {
        memset(text, 'a' + i % 26, 600 + i % 97);
        text[600 + i % 97] = '\0';
        put(text);
        assert_string_equal(take(), text);
    }
}

static void what_finds_no_room_is_counted_and_what_is_urgent_finds_some(void **state) {
    char text[1000] = {0};
    memset(text, 'x', sizeof text - 1);
    int fitted = 0;
    while (!log_ring_is_full(pen.ring, false)) {
        put(text);
        fitted++;
    }
    while (atomic_load(&pen.ring->dropped) == 0) {
        put(text);
        fitted++;
    }
    assert_false(log_ring_is_full(pen.ring, true));
    log_ring_put(&pen, LOG_KIND_LINE, true, 0, gr_slice_of("urgent"));
    for (int i = 1; i < fitted; i++) assert_string_equal(take(), text);
    assert_string_equal(take(), "urgent");
    assert_int_equal(log_reader_dropped(&reader), 1);
}

/* ---- several writers ---- */

/* Long ones take a while to copy. */
static size_t tail_of(int number) { return (size_t)(number % 90) * (number % 7 ? 1 : 100); }

static void *write_numbers(void *arg) {
    char text[10000];
    int writer = *(int *)arg;
    for (int i = 0; i < EACH; i++) {
        int len = snprintf(text, sizeof text, "%d %d ", writer, i);
        memset(text + len, '.', tail_of(i));
        log_ring_put(&pen, LOG_KIND_LINE, false, 0, (gr_slice){text, (size_t)len + tail_of(i)});
        if (log_ring_is_full(pen.ring, false)) sched_yield();
    }
    return NULL;
}

/* Each writer's records are whole and in its order; what is missing was counted. */
static void read_numbers(int *next, uint64_t *seen) {
    const char *text;
    while ((text = take())) {
        int writer, number, tail;
        assert_int_equal(sscanf(text, "%d %d %n", &writer, &number, &tail), 2);
        assert_in_range(writer, 0, WRITERS - 1);
        assert_true(number >= next[writer]);
        assert_int_equal(strspn(text + tail, "."), tail_of(number));
        assert_int_equal(text[(size_t)tail + tail_of(number)], '\0');
        next[writer] = number + 1;
        ++*seen;
    }
}

static void threads_put_at_a_time_and_each_keeps_its_order(void **state) {
    pthread_t threads[WRITERS];
    int names[WRITERS], next[WRITERS] = {0};
    uint64_t seen = 0;
    for (int i = 0; i < WRITERS; i++) {
        names[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_numbers, &names[i]), 0);
    }
    while (seen + log_reader_dropped(&reader) < WRITERS * EACH) read_numbers(next, &seen);
    for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
    read_numbers(next, &seen);
    assert_int_equal(seen + log_reader_dropped(&reader), WRITERS * EACH);
    assert_true(seen > 0);
    assert_int_equal(reader.lost, 0);
}

static volatile bool puts_go_on;

static void *put_while_there_is_much_room(void *unused) {
    while (puts_go_on) {
        put("x");
        while (log_reader_filled(&reader) > LOG_RING_SIZE / 4) sched_yield();
    }
    return NULL;
}

static void nothing_is_dropped_while_there_is_room(void **state) {
    pthread_t threads[WRITERS];
    puts_go_on = true;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_while_there_is_much_room, NULL), 0);
    for (int taken = 0; taken < 1000000;) taken += take() != NULL;
    puts_go_on = false;
    for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(log_reader_dropped(&reader), 0);
}

static void processes_put_into_one_ring(void **state) {
    pid_t child = fork();
    if (child == 0) {
        put("from a child that is killed at once");
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_string_equal(take(), "from a child that is killed at once");
}

/* ---- what is wrong with a ring ---- */

/* Reserves a place for a record of 16 bytes, and leaves it so. */
static void leave_unfinished(pid_t writer) {
    uint64_t at = atomic_fetch_add(&pen.ring->reserved, 2 * RECORD_HEAD);
    uint32_t *head = (uint32_t *)(pen.ring->room + at);
    if (!writer) return;
    head[0] = UINT32_C(0x80000000) | 16;
    head[1] = (uint32_t)writer;
}

static void a_record_whose_writer_has_died_in_it_is_left_out(void **state) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    leave_unfinished(child);
    put("behind it");
    assert_null(take());
    assert_null(take());
    assert_string_equal(take(), "behind it");
    assert_int_equal(log_reader_dropped(&reader), 1);
}

static void a_writer_that_nobody_has_reaped_is_dead(void **state) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    leave_unfinished(child);
    put("behind it");
    assert_null(take());
    assert_null(take());
    assert_string_equal(take(), "behind it");
    waitpid(child, NULL, 0);
}

static void a_record_whose_writer_lives_is_waited_for(void **state) {
    leave_unfinished(getpid());
    put("behind it");
    for (int i = 0; i < 10; i++) assert_null(take());
    assert_int_equal(reader.lost, 0);
}

static void a_place_that_nobody_says_to_have_taken_is_given_up_after_a_while(void **state) {
    leave_unfinished(0);
    put("given up with it");
    assert_null(take());
    reader.stuck_since -= 6 * (int64_t)NS_PER_S;
    assert_null(take());
    put("after it");
    assert_string_equal(take(), "after it");
}

static void nonsense_in_a_ring_ends_nothing_but_what_is_in_it(void **state) {
    put("good");
    memset(pen.ring->room, 0x7f, 64);
    assert_null(take());
    put("better");
    assert_string_equal(take(), "better");
    atomic_store(&pen.ring->reserved, UINT64_MAX / 2 / 16 * 16);
    assert_null(take());
    put("best");
    assert_string_equal(take(), "best");
}

static void nonsense_in_the_counts_of_a_ring_does_not_last(void **state) {
    atomic_fetch_add(&pen.ring->reserved, LOG_RING_SIZE + 7);
    assert_null(take());
    assert_int_equal(reader.at % RECORD_HEAD, 0);
    put("good");
    assert_string_equal(take(), "good");
    atomic_store(&pen.ring->emptied, 7);
    assert_null(take());
    put("better");
    assert_string_equal(take(), "better");
}

static void a_record_of_nobody_is_left_out(void **state) {
    leave_unfinished(-7);
    put("behind it");
    assert_null(take());
    assert_null(take());
    assert_string_equal(take(), "behind it");
}

/* ---- the bell ---- */

static void levels_that_seem_to_be_written_for_ever_are_read(void **state) {
    char list[LOG_LEVELS_SIZE];
    log_levels_write(&bell->levels, "debug");
    atomic_fetch_add(&bell->levels.version, 1);
    log_levels_read(&bell->levels, list);
    assert_string_equal(list, "debug");
    log_levels_write(&bell->levels, "info");
    assert_int_equal(log_levels_read(&bell->levels, list) % 2, 0);
    assert_string_equal(list, "info");
}

static void *put_one(void *unused) {
    put("awake");
    return NULL;
}

static void a_reader_that_sleeps_is_woken(void **state) {
    pthread_t thread;
    pthread_create(&thread, NULL, put_one, NULL);
    log_bell_wait(bell, &reader, 1, 1, -1);
    pthread_join(thread, NULL);
    assert_string_equal(take(), "awake");
}

static void a_stopped_bell_lets_nobody_sleep(void **state) {
    log_bell_stop(bell);
    log_bell_wait(bell, &reader, 1, 1, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(records_come_out_as_they_were_put),
        TEST(another_reader_goes_on_where_the_last_has_ended),
        TEST(records_wrap_around_the_end_of_the_ring),
        TEST(what_finds_no_room_is_counted_and_what_is_urgent_finds_some),
        TEST(threads_put_at_a_time_and_each_keeps_its_order),
        TEST(nothing_is_dropped_while_there_is_room),
        TEST(processes_put_into_one_ring),
        TEST(a_record_whose_writer_has_died_in_it_is_left_out),
        TEST(a_writer_that_nobody_has_reaped_is_dead),
        TEST(a_record_whose_writer_lives_is_waited_for),
        TEST(a_place_that_nobody_says_to_have_taken_is_given_up_after_a_while),
        TEST(nonsense_in_a_ring_ends_nothing_but_what_is_in_it),
        TEST(nonsense_in_the_counts_of_a_ring_does_not_last),
        TEST(a_record_of_nobody_is_left_out),
        TEST(levels_that_seem_to_be_written_for_ever_are_read),
        TEST(a_reader_that_sleeps_is_woken),
        TEST(a_stopped_bell_lets_nobody_sleep),
    };
    alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
