/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/line_ring.h"

/* What the ring writes to is a pipe, by its name in /proc. */
static int reader;

static int begin(void **state) {
    int ends[2];
    char path[64];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
    assert_true(line_ring_open(path) >= 0);
    close(ends[1]); /* the ring has opened one of its own */
    reader = ends[0];
    return 0;
}

static int end(void **state) {
    line_ring_close();
    close(reader);
    return 0;
}

/* Reads until that many bytes have come. */
static char *read_all(size_t len) {
    char *text = malloc(len + 1);
    for (size_t at = 0; at < len;) {
        ssize_t n = read(reader, text + at, len - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    text[len] = '\0';
    return text;
}

static void lines_arrive_whole_and_in_order(void **state) {
    line_ring_put("one\n", 4);
    char *text = read_all(4);
    assert_string_equal(text, "one\n");
    free(text);
    line_ring_put("two\n", 4);
    line_ring_put("three\n", 6);
    text = read_all(10);
    assert_string_equal(text, "two\nthree\n");
    free(text);
}

static void lines_wrap_around_the_end_of_the_ring(void **state) {
    char line[1000], *text;
    for (int round = 0; round < 3000; round++) { /* some five times around */
        memset(line, 'a' + round % 26, sizeof line);
        line_ring_put(line, sizeof line);
        if (round % 100 != 99) continue;
        text = read_all(100 * sizeof line);
        for (int i = 0; i < 100; i++)
            assert_int_equal(text[i * sizeof line], 'a' + (round - 99 + i) % 26);
        free(text);
    }
}

static void closing_writes_what_is_left(void **state) {
    line_ring_put("last words\n", 11);
    line_ring_close();
    char *text = read_all(11);
    assert_string_equal(text, "last words\n");
    free(text);
    char more;
    assert_int_equal(read(reader, &more, 1), 0);
    close(reader);
}

static atomic_bool reading;

static void take_note(int signal) {}

static void *disturb_and_then_read(void *closer) {
    struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 20; i++) {
        pthread_kill(*(pthread_t *)closer, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    atomic_store(&reading, true);
    free(read_all(200 * 1000));
    return NULL;
}

/* More than the pipe holds, so that nothing is written out before it is read. */
static void signals_do_not_make_closing_any_shorter(void **state) {
    struct sigaction action = {.sa_handler = take_note}, before;
    char line[1000];
    pthread_t thread, self = pthread_self();
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 200; i++) line_ring_put(line, sizeof line);
    sigaction(SIGUSR1, &action, &before);
    pthread_create(&thread, NULL, disturb_and_then_read, &self);
    line_ring_close();
    bool was_read = atomic_load(&reading);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    close(reader);
    assert_true(was_read);
}

/* Nobody reads: the pipe and then the ring are full. */
static void a_stuck_reader_holds_up_nobody(void **state) {
    char line[1000];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 5000; i++) line_ring_put(line, sizeof line);
}

static void a_file_that_cannot_be_opened_is_told(void **state) {
    assert_int_equal(line_ring_open("/nowhere/at/all"), -1);
}

static void a_fifo_that_nobody_reads_is_refused_at_once(void **state) {
    char path[] = "/tmp/line-ring-XXXXXX", fifo[64];
    assert_non_null(mkdtemp(path));
    snprintf(fifo, sizeof fifo, "%s/fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int result = line_ring_open(fifo), error = errno;
    unlink(fifo);
    rmdir(path);
    assert_int_equal(result, -1);
    assert_int_equal(error, ENXIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lines_arrive_whole_and_in_order),
        TEST(lines_wrap_around_the_end_of_the_ring),
        cmocka_unit_test_setup(closing_writes_what_is_left, begin),
        cmocka_unit_test_setup(signals_do_not_make_closing_any_shorter, begin),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_told),
        cmocka_unit_test(a_fifo_that_nobody_reads_is_refused_at_once),
        TEST(a_stuck_reader_holds_up_nobody), /* the last one: its thread stays stuck */
    };
    alarm(30);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
