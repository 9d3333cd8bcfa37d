/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/board.h"
#include "server/load.h"

enum { COUNT = 4, OWN = 1 };

static struct board *board;

static void set(int place, int pid, int connections, int accepting) {
    board->places[place].pid = pid;
    board->places[place].connections = connections;
    board->places[place].accepting = accepting;
}

/* A board as the master makes it, with the test's own view of it. */
static int begin(void **state) {
    int fd = memfd_create("board", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, sizeof *board), 0);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(board != MAP_FAILED);
    board->count = COUNT;
    assert_int_equal(load_open(fd, OWN), 0);
    close(fd);
    return 0;
}

static int end(void **state) { return munmap(board, sizeof *board); }

static void what_a_worker_does_is_seen_by_others(void **state) {
    load_add_connections(3);
    load_add_connections(-1);
    load_add_in_flight(1);
    load_add_request();
    load_add_request();
    load_set_accepting(true);
    assert_int_equal(load_add_dropped_field(), 1);
    assert_int_equal(load_add_dropped_field(), 2);
    assert_int_equal(board->places[OWN].dropped_fields, 2);
    load_add_breach(BREACH_HEAD_TIME);
    load_add_breach(BREACH_HEAD_TIME);
    assert_int_equal(load_breaches(BREACH_HEAD_TIME), 2);
    assert_int_equal(board->places[OWN].breaches[BREACH_HEAD_TIME], 2);
    assert_int_equal(load_breaches(BREACH_BODY_SIZE), 0);
    assert_int_equal(board->places[OWN].connections, 2);
    assert_int_equal(load_connections(), 2);
    assert_int_equal(board->places[OWN].in_flight, 1);
    assert_int_equal(board->places[OWN].requests, 2);
    assert_int_equal(board->places[OWN].accepting, 1);
}

static void a_new_worker_does_not_accept_yet(void **state) {
    assert_int_equal(board->places[OWN].accepting, 0);
}

static void the_least_loaded_is_one_that_lives_and_accepts(void **state) {
    set(OWN, 100, 0, 1);
    set(0, 101, 7, 1);
    set(2, 102, 5, 1);
    assert_int_equal(load_least_connections(), 5);
    set(2, 102, 5, 0); /* starts, or drains */
    assert_int_equal(load_least_connections(), 7);
    set(3, 0, 1, 1); /* has died */
    assert_int_equal(load_least_connections(), 7);
    set(COUNT, 103, 1, 1); /* behind the last */
    assert_int_equal(load_least_connections(), 7);
}

static void a_worker_that_is_alone_is_never_ahead(void **state) {
    load_add_connections(1000);
    assert_int_equal(load_least_connections(), INT_MAX);
}

static void a_worker_learns_that_another_has_its_slot(void **state) {
    assert_false(load_replaced());
    board->places[OWN].replaced = 1;
    assert_true(load_replaced());
}

static void that_the_server_stops_is_seen_by_all(void **state) {
    assert_false(load_server_draining());
    board->draining = 1;
    assert_true(load_server_draining());
}

static void a_place_outside_the_board_is_refused(void **state) {
    assert_int_equal(load_open(0, BOARD_PLACES_MAX), -1);
    assert_int_equal(load_open(0, -1), -1);
}

static void a_count_beyond_the_board_is_not_believed(void **state) {
    set(0, 100, 5, 1);
    board->count = INT_MAX;
    assert_int_equal(load_least_connections(), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_a_worker_does_is_seen_by_others),
        TEST(a_new_worker_does_not_accept_yet),
        TEST(the_least_loaded_is_one_that_lives_and_accepts),
        TEST(a_worker_that_is_alone_is_never_ahead),
        TEST(a_worker_learns_that_another_has_its_slot),
        TEST(that_the_server_stops_is_seen_by_all),
        TEST(a_place_outside_the_board_is_refused),
        TEST(a_count_beyond_the_board_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
