/* What becomes of connections and calls: in time, too late, failed; and what the breaker makes of
 * it. */
#include "guard_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

/* ---- time ---- */

/* Connections that the kernel does not answer: its queue is full. */
static int fillers[8];

static void fill_backlog(void) {
    const struct sockaddr_in *to = &places[SLOW_ACCEPT].address;
    for (int i = 0; i < 8; i++) {
        fillers[i] = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        syscall(SYS_connect, fillers[i], to, sizeof *to);
    }
    usleep(2000);
}

static void drain_backlog(void) {
    for (int i = 0; i < 8; i++) close(fillers[i]);
}

static void a_blocking_connect_fails_when_its_time_is_up(void **state) {
    fill_backlog();
    int64_t since = gr_now();
    assert_int_equal(open_to(SLOW_ACCEPT, 0), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(gr_now() - since >= MS(20));
    assert_int_equal(guard_of(SLOW_ACCEPT)->counts[GUARD_CONNECT_TIMEOUT], 1);
    assert_int_equal(guard_of(SLOW_ACCEPT)->counts[GUARD_FAILED], 1);
    assert_int_equal(guard_of(SLOW_ACCEPT)->connections.taken, 0);
    drain_backlog();
}

static int error_of(int fd) {
    int error = -1;
    socklen_t len = sizeof error;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    return error;
}

static void whoever_polls_for_a_connection_is_told_that_its_time_is_up(void **state) {
    fill_backlog();
    struct pollfd entry = {open_to(SLOW_ACCEPT, SOCK_NONBLOCK), POLLOUT, 0};
    assert_int_equal(poll(&entry, 1, 10000), 1);
    assert_int_equal(error_of(entry.fd), ETIMEDOUT);
    close(entry.fd);
    assert_int_equal(guard_of(SLOW_ACCEPT)->connections.taken, 0);
    drain_backlog();
}

static void whoever_connects_again_is_told_that_its_time_is_up(void **state) {
    fill_backlog();
    struct pollfd entry = {open_to(SLOW_ACCEPT, SOCK_NONBLOCK), POLLOUT, 0};
    assert_int_equal(poll(&entry, 1, 10000), 1);
    assert_int_equal(join_up(entry.fd, SLOW_ACCEPT), -1);
    assert_int_equal(errno, ETIMEDOUT);
    close(entry.fd);
    drain_backlog();
}

static void a_receive_fails_when_nothing_comes_in_time(void **state) {
    char byte;
    int fd = open_blocking(SLOW_ANSWER), peer = take(SLOW_ANSWER);
    int64_t since = gr_now();
    assert_int_equal(send(fd, "?", 1, 0), 1);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(gr_now() - since >= MS(20));
    assert_int_equal(send(fd, "?", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(guard_of(SLOW_ANSWER)->counts[GUARD_READ_TIMEOUT], 1);
    assert_int_equal(guard_of(SLOW_ANSWER)->counts[GUARD_FAILED], 1);
    close(fd);
    close(peer);
}

static void whoever_polls_for_an_answer_is_told_as_well(void **state) {
    char byte;
    struct pollfd entry = {open_blocking(SLOW_ANSWER), POLLIN, 0};
    int peer = take(SLOW_ANSWER);
    fcntl(entry.fd, F_SETFL, O_NONBLOCK);
    assert_int_equal(poll(&entry, 1, 10000), 1);
    assert_int_equal(recv(entry.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ETIMEDOUT);
    close(entry.fd);
    close(peer);
}

static void an_event_loop_is_told_when_an_answer_is_late(void **state) {
    char byte;
    int fd = open_to(SLOW_ANSWER, 0), peer = take(SLOW_ANSWER), loop = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    assert_int_equal(send(fd, "?", 1, 0), 1);
    assert_int_equal(epoll_wait(loop, &event, 1, 10000), 1);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ETIMEDOUT);
    close(loop);
    close(fd);
    close(peer);
}

static void what_has_come_and_was_not_read_yet_is_not_late(void **state) {
    char byte;
    int fd = open_blocking(SLOW_ANSWER), peer = take(SLOW_ANSWER);
    assert_int_equal(send(fd, "?", 1, 0), 1);
    assert_int_equal(send(peer, "!", 1, 0), 1);
    usleep(30000);
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
    assert_int_equal(send(fd, "?", 1, 0), 1);
    close(fd);
    close(peer);
}

static void an_idle_connection_has_all_the_time_there_is(void **state) {
    char byte;
    int fd = open_blocking(IDLE), peer = take(IDLE);
    struct pollfd entry = {fd, POLLIN, 0};
    assert_int_equal(poll(&entry, 1, 1), 0);
    usleep(120000);
    assert_int_equal(send(peer, "!", 1, 0), 1);
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
    assert_int_equal(poll(&entry, 1, 1), 0);
    usleep(120000);
    assert_int_equal(send(fd, "?", 1, 0), 1);
    assert_int_equal(send(peer, "!", 1, 0), 1);
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
    close(fd);
    close(peer);
}

/* ---- the breaker ---- */

static enum breaker_state breaker(void) { return guard_of(FRAGILE)->breaker.state; }

static void await_probe(void) {
    while (breaker_refuses(&guard_of(FRAGILE)->breaker, gr_now())) usleep(1000);
}

static void open_breaker(void) {
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_to(FRAGILE, 0), -1);
        assert_int_equal(errno, ECONNREFUSED);
    }
    assert_int_equal(breaker(), BREAKER_OPEN);
}

static void the_breaker_opens_probes_and_closes(void **state) {
    char byte;
    open_breaker();
    listen(places[FRAGILE].listener, 8);
    assert_int_equal(open_to(FRAGILE, 0), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(guard_of(FRAGILE)->counts[GUARD_REFUSED], 1);

    await_probe();
    int probe = open_blocking(FRAGILE), peer = take(FRAGILE);
    assert_int_equal(open_to(FRAGILE, 0), -1);
    assert_int_equal(breaker(), BREAKER_HALF_OPEN);
    assert_int_equal(send(probe, "?", 1, 0), 1);
    assert_int_equal(send(peer, "!", 1, 0), 1);
    assert_int_equal(recv(probe, &byte, 1, 0), 1);
    assert_int_equal(breaker(), BREAKER_CLOSED);
    close(open_blocking(FRAGILE));
    close(take(FRAGILE));
    close(probe);
    close(peer);
}

/* Accepts, and closes without a word. */
static void fail_once(void) {
    char byte;
    int fd = open_blocking(FRAGILE);
    close(take(FRAGILE));
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

static void an_end_without_an_answer_is_a_failure(void **state) {
    fail_once();
    fail_once();
    assert_int_equal(breaker(), BREAKER_OPEN);
    await_probe();
    fail_once();
    assert_int_equal(breaker(), BREAKER_OPEN);
    await_probe();
}

static void whoever_waits_and_gives_up_has_seen_a_failure(void **state) {
    char byte;
    struct timeval limit = {0, 5000};
    uint64_t before = guard_of(FRAGILE)->counts[GUARD_FAILED];
    for (int waits = 0; waits < 2; waits++) {
        await_probe();
        int fd = open_blocking(FRAGILE), peer = take(FRAGILE);
        assert_int_equal(send(fd, "bye", 3, 0), 3);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (waits) assert_int_equal(recv(fd, &byte, 1, 0), -1);
        close(fd);
        close(peer);
        assert_int_equal(guard_of(FRAGILE)->counts[GUARD_FAILED] - before, waits);
    }
}

static void whoever_waits_for_a_turn_is_refused_when_the_breaker_opens(void **state) {
    char byte;
    struct visitor visitor = {CROWDED};
    int fd = open_blocking(CROWDED);
    gr_green *green = gr_spawn(visit, &visitor);
    await(CROWDED, 1);
    close(take(CROWDED));
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    gr_join(green, NULL);
    assert_int_equal(visitor.error, ECONNREFUSED);
    assert_int_equal(queued(CROWDED), 0);
    close(fd);
    assert_int_equal(guard_of(CROWDED)->connections.taken, 0);
}

/* ---- what is in time ---- */

enum { ROUND_TRIPS = 2000 };

static void *echo(void *peer) {
    char byte;
    while (recv(*(int *)peer, &byte, 1, 0) == 1) send(*(int *)peer, &byte, 1, 0);
    return NULL;
}

/* Whatever it does before it waits, no answer that comes meanwhile is missed: a failure is a wait
 * without an end, or one that is late. Under handoff above all. */
static void round_trips_go_on_wherever_the_scheduler_is(void **state) {
    char byte;
    int fd = open_blocking(IDLE), peer = take(IDLE);
    struct pollfd entry = {fd, POLLIN, 0};
    gr_green *green = gr_spawn(echo, &peer);
    for (int i = 0; i < ROUND_TRIPS; i++) {
        assert_int_equal(send(fd, "?", 1, 0), 1);
        if (i % 2) assert_int_equal(poll(&entry, 1, -1), 1);
        assert_int_equal(recv(fd, &byte, 1, 0), 1);
    }
    close(fd);
    gr_join(green, NULL);
    close(peer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocking_connect_fails_when_its_time_is_up),
        cmocka_unit_test(whoever_polls_for_a_connection_is_told_that_its_time_is_up),
        cmocka_unit_test(whoever_connects_again_is_told_that_its_time_is_up),
        cmocka_unit_test(a_receive_fails_when_nothing_comes_in_time),
        cmocka_unit_test(whoever_polls_for_an_answer_is_told_as_well),
        cmocka_unit_test(an_event_loop_is_told_when_an_answer_is_late),
        cmocka_unit_test(what_has_come_and_was_not_read_yet_is_not_late),
        cmocka_unit_test(an_idle_connection_has_all_the_time_there_is),
        cmocka_unit_test(the_breaker_opens_probes_and_closes),
        cmocka_unit_test(an_end_without_an_answer_is_a_failure),
        cmocka_unit_test(whoever_waits_and_gives_up_has_seen_a_failure),
        cmocka_unit_test(whoever_waits_for_a_turn_is_refused_when_the_breaker_opens),
        cmocka_unit_test(round_trips_go_on_wherever_the_scheduler_is),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
