/* Connections and calls take turns, and no place is lost. */
#include "guard_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "observe/metric_store.h"
#include "observe/tally.h"

/* ---- turns ---- */

static void connections_take_turns_in_the_order_in_which_they_came(void **state) {
    struct visitor visitors[3] = {{ONE}, {ONE}, {ONE}};
    gr_green *greens[3];
    arrivals = 0;
    int first = open_blocking(ONE);
    for (int i = 0; i < 3; i++) {
        greens[i] = gr_spawn(visit, &visitors[i]);
        await(ONE, (unsigned)i + 1);
    }
    assert_int_equal(arrivals, 0);
    close(first);
    for (int i = 0; i < 3; i++) {
        gr_join(greens[i], NULL);
        assert_int_equal(visitors[i].arrived, i + 1);
        assert_int_equal(guard_of(ONE)->connections.taken, 1);
        close(visitors[i].fd);
    }
    assert_int_equal(guard_of(ONE)->connections.taken, 0);
}

static void one_in_non_blocking_mode_waits_for_its_turn_before_it_begins(void **state) {
    struct visitor visitor = {ONE, SOCK_NONBLOCK};
    int first = open_blocking(ONE);
    gr_green *green = gr_spawn(visit, &visitor);
    await(ONE, 1);
    close(first);
    gr_join(green, NULL);
    assert_true(visitor.fd >= 0);
    close(visitor.fd);
}

static void whoever_comes_between_does_not_get_a_place_that_is_handed_on(void **state) {
    struct visitor first = {ONE};
    int fd = open_blocking(ONE);
    gr_green *green = gr_spawn(visit, &first);
    await(ONE, 1);
    close(fd); /* the place is first's, who has not had its turn yet */
    gr_deadline_set(gr_now() + MS(20));
    assert_int_equal(open_to(ONE, 0), -1);
    gr_deadline_set(INT64_MAX);
    gr_join(green, NULL);
    assert_true(first.fd >= 0);
    close(first.fd);
}

static void a_place_is_free_when_the_last_duplicate_is_closed(void **state) {
    int fd = open_blocking(ONE), copy = dup(fd), other = fcntl(fd, F_DUPFD, 0);
    close(fd);
    close(other);
    assert_int_equal(guard_of(ONE)->connections.taken, 1);
    int replaced = open("/dev/null", O_RDONLY);
    dup2(replaced, copy);
    assert_int_equal(guard_of(ONE)->connections.taken, 0);
    close(replaced);
    close(copy);
}

static void close_range_frees_places(void **state) {
    int fd = open_blocking(ONE);
    close_range((unsigned)fd, (unsigned)fd, 0);
    assert_int_equal(guard_of(ONE)->connections.taken, 0);
}

static int closed_by_handler;

static void close_it(int number) { close(closed_by_handler); }

static void one_that_is_closed_in_a_signal_handler_frees_its_place(void **state) {
    struct visitor visitor = {ONE};
    closed_by_handler = open_blocking(ONE);
    gr_green *green = gr_spawn(visit, &visitor);
    await(ONE, 1);
    signal(SIGUSR1, close_it);
    raise(SIGUSR1);
    gr_join(green, NULL);
    assert_true(visitor.fd >= 0);
    close(visitor.fd);
}

static void a_connection_that_is_refused_gives_its_place_back(void **state) {
    for (int i = 0; i < 3; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(join_up(fd, ONE), 0);
        close(fd);
    }
    assert_int_equal(guard_of(ONE)->connections.taken, 0);
}

static void a_full_queue_refuses_at_once(void **state) {
    int fd = open_blocking(NO_QUEUE);
    assert_int_equal(open_to(NO_QUEUE, 0), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(guard_of(NO_QUEUE)->counts[GUARD_OVERFLOW], 1);
    close(fd);
    close(open_blocking(NO_QUEUE));
}

static void the_connect_timeout_holds_for_the_turn_as_well(void **state) {
    int fd = open_blocking(IN_TIME);
    int64_t since = gr_now();
    assert_int_equal(open_to(IN_TIME, 0), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(gr_now() - since >= MS(20));
    assert_int_equal(guard_of(IN_TIME)->connections.queued, 0);
    assert_int_equal(guard_of(IN_TIME)->counts[GUARD_FAILED], 0);
    close(fd);
}

static void a_deadline_ends_the_wait_for_a_turn(void **state) {
    struct visitor visitor = {.which = ONE, .deadline = MS(20)};
    int fd = open_blocking(ONE);
    gr_join(gr_spawn(visit, &visitor), NULL);
    assert_int_equal(visitor.error, ETIMEDOUT);
    assert_int_equal(queued(ONE), 0);
    close(fd);
}

static void cancellation_ends_the_wait_for_a_turn(void **state) {
    struct visitor visitor = {ONE};
    int fd = open_blocking(ONE);
    gr_green *green = gr_spawn(visit, &visitor);
    await(ONE, 1);
    gr_cancel(green);
    gr_join(green, NULL);
    assert_int_equal(visitor.error, ECANCELED);
    assert_int_equal(queued(ONE), 0);
    close(fd);
}

static void *connect_it(void *fd) {
    return (void *)(intptr_t)(join_up(*(int *)fd, ONE) < 0 ? errno : 0);
}

static void closing_the_socket_ends_its_wait_for_a_turn(void **state) {
    void *error;
    int first = open_blocking(ONE), fd = socket(AF_INET, SOCK_STREAM, 0);
    gr_green *green = gr_spawn(connect_it, &fd);
    await(ONE, 1);
    close(fd);
    gr_join(green, &error);
    assert_int_equal((intptr_t)error, EBADF);
    assert_int_equal(queued(ONE), 0);
    close(first);
    assert_int_equal(guard_of(ONE)->connections.taken, 0);
}

static int waited_for;

static void note_wait(struct account *account, int fd, int64_t ns) { waited_for = fd; }

static void *visit_with_account(void *visitor) {
    static struct tally tally; /* as the hooks want it */
    account_open(&tally.account, gr_now(), note_wait);
    visit(visitor);
    account_close(&tally.account, gr_now());
    return &tally.account;
}

static void waiting_for_a_turn_counts_as_waiting_for_the_descriptor(void **state) {
    struct visitor visitor = {ONE};
    void *account;
    int fd = open_blocking(ONE);
    gr_green *green = gr_spawn(visit_with_account, &visitor);
    await(ONE, 1);
    usleep(5000);
    close(fd);
    gr_join(green, &account);
    assert_int_equal(waited_for, visitor.fd);
    assert_true(((struct account *)account)->spent[ACCOUNT_DESCRIPTOR] >= MS(5));
    assert_int_equal(((struct account *)account)->spent[ACCOUNT_LOCK], 0);
    close(visitor.fd);
}

/* ---- calls ---- */

static void *ask(void *fd) { return (void *)send(*(int *)fd, "?", 1, 0); }

static void a_call_waits_until_another_is_answered(void **state) {
    char byte;
    void *sent;
    int one = open_blocking(ONE_CALL), first = take(ONE_CALL);
    int other = open_blocking(ONE_CALL), second = take(ONE_CALL);
    assert_int_equal(send(one, "?", 1, 0), 1);
    assert_int_equal(send(one, "?", 1, 0), 1); /* of the same call */
    gr_green *green = gr_spawn(ask, &other);
    while (guard_of(ONE_CALL)->calls.queued == 0) usleep(500);
    assert_int_equal(recv(second, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(send(first, "!", 1, 0), 1);
    assert_int_equal(recv(one, &byte, 1, 0), 1);
    gr_join(green, &sent);
    assert_int_equal((ssize_t)sent, 1);
    assert_int_equal(guard_of(ONE_CALL)->calls.taken, 1);
    close(other);
    assert_int_equal(guard_of(ONE_CALL)->calls.taken, 0);
    close(one);
    close(first);
    close(second);
}

/* ---- whatever happens ---- */

enum { ACTORS = 12, ACTS = 60 };

static unsigned dice = 7;
static int open_now, open_most, acting;

static unsigned roll(unsigned sides) {
    dice = dice * 1103515245 + 12345;
    return (dice >> 16) % sides;
}

static void use_connection(int fd) {
    char bytes[8];
    struct pollfd entry = {fd, POLLIN, 0};
    int copy = roll(3) ? -1 : dup(fd);
    for (unsigned calls = roll(3); calls--;) {
        if (send(fd, "?", 1, MSG_NOSIGNAL) < 0) break;
        if (roll(4) == 0) poll(&entry, 1, 1);
        if (roll(6) && recv(fd, bytes, sizeof bytes, 0) <= 0) break;
    }
    if (copy >= 0) close(copy);
}

static void *act(void *unused) {
    for (int i = 0; i < ACTS; i++) {
        gr_deadline_set(roll(4) ? INT64_MAX : gr_now() + MS(roll(4)));
        int fd = open_to(MIXED, roll(2) ? 0 : SOCK_NONBLOCK);
        if (fd < 0) continue;
        if (++open_now > open_most) open_most = open_now;
        use_connection(fd);
        open_now--;
        close(fd);
    }
    acting--;
    return NULL;
}

/* Answers, or is silent, or hangs up. */
static void *attend(void *data) {
    int fd = (int)(intptr_t)data;
    char byte;
    while (recv(fd, &byte, 1, 0) == 1 && roll(8) != 0)
        if (roll(6)) send(fd, "!", 1, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void *welcome(void *unused) {
    struct pollfd entry = {places[MIXED].listener, POLLIN, 0};
    while (acting)
        if (poll(&entry, 1, 1) > 0) gr_join(gr_spawn(attend, (void *)(intptr_t)take(MIXED)), NULL);
    return NULL;
}

static void tell(struct turns *turns, const char *taken, const char *queued) {
    turns->taken_gauge = gr_metric_find(GR_GAUGE, taken, NULL, NULL, 0);
    turns->queued_gauge = gr_metric_find(GR_GAUGE, queued, NULL, NULL, 0);
}

/* What is told is what is, whatever became of it. */
static bool is_told(const struct turns *turns) {
    return turns->taken_gauge->value == turns->taken && turns->queued_gauge->value == turns->queued;
}

static void places_are_neither_lost_nor_taken_twice_whatever_happens(void **state) {
    gr_green *actors[ACTORS], *host;
    close(open_to(MIXED, 0));
    struct guard *guard = (struct guard *)guard_of(MIXED);
    tell(&guard->connections, "connections", "connections_queued");
    tell(&guard->calls, "calls", "calls_queued");
    gr_metric *turns = guard->metrics.turns = gr_metric_find(GR_TIMER, "turns", NULL, NULL, 0);
    acting = ACTORS;
    host = gr_spawn(welcome, NULL);
    for (int i = 0; i < ACTORS; i++) actors[i] = gr_spawn(act, NULL);
    for (int i = 0; i < ACTORS; i++) gr_join(actors[i], NULL);
    gr_join(host, NULL);
    assert_in_range(open_most, 1, 3);
    assert_int_equal(guard->connections.taken + guard->connections.queued, 0);
    assert_int_equal(guard->calls.taken + guard->calls.queued, 0);
    assert_true(guard->counts[GUARD_ANSWERED] && guard->counts[GUARD_FAILED] && turns->count);
    assert_true(is_told(&guard->connections) && is_told(&guard->calls));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_take_turns_in_the_order_in_which_they_came),
        cmocka_unit_test(one_in_non_blocking_mode_waits_for_its_turn_before_it_begins),
        cmocka_unit_test(whoever_comes_between_does_not_get_a_place_that_is_handed_on),
        cmocka_unit_test(a_place_is_free_when_the_last_duplicate_is_closed),
        cmocka_unit_test(close_range_frees_places),
        cmocka_unit_test(one_that_is_closed_in_a_signal_handler_frees_its_place),
        cmocka_unit_test(a_connection_that_is_refused_gives_its_place_back),
        cmocka_unit_test(a_full_queue_refuses_at_once),
        cmocka_unit_test(the_connect_timeout_holds_for_the_turn_as_well),
        cmocka_unit_test(a_deadline_ends_the_wait_for_a_turn),
        cmocka_unit_test(cancellation_ends_the_wait_for_a_turn),
        cmocka_unit_test(closing_the_socket_ends_its_wait_for_a_turn),
        cmocka_unit_test(waiting_for_a_turn_counts_as_waiting_for_the_descriptor),
        cmocka_unit_test(a_call_waits_until_another_is_answered),
        cmocka_unit_test(places_are_neither_lost_nor_taken_twice_whatever_happens),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
