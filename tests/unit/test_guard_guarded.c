/* Connections to downstreams that policies are about, through the interposed libc. Each downstream
 * here is a listening socket of this process, with a policy of its own. */
#include "runtime_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/guard.h"
#include "observe/tally.h"

#define MS(count) ((count) * (int64_t)NS_PER_MS)

enum {
    ONE,
    NO_QUEUE,
    IN_TIME,
    SLOW_ACCEPT,
    SLOW_ANSWER,
    IDLE,
    FRAGILE,
    CROWDED,
    ONE_CALL,
    MIXED,
    COUNT
};

static struct policy policies[COUNT] = {
    [ONE] = {.max_connections = 1, .max_queued = -1},
    [NO_QUEUE] = {.max_connections = 1},
    [IN_TIME] = {.max_connections = 1, .max_queued = -1, .connect_timeout = MS(20)},
    [SLOW_ACCEPT] = {.max_queued = -1, .connect_timeout = MS(20)},
    [SLOW_ANSWER] = {.max_queued = -1, .read_timeout = MS(20)},
    [IDLE] = {.max_queued = -1, .read_timeout = MS(100)},
    [FRAGILE] = {.max_queued = -1, .breaker = {50, 2, 10 * (int64_t)NS_PER_S, MS(20)}},
    [CROWDED] = {.max_connections = 1,
                 .max_queued = -1,
                 .breaker = {50, 1, 10 * (int64_t)NS_PER_S, 10 * (int64_t)NS_PER_S}},
    [ONE_CALL] = {.max_calls = 1, .max_queued = -1},
    [MIXED] = {.max_connections = 3,
               .max_calls = 2,
               .max_queued = 6,
               .connect_timeout = MS(5),
               .read_timeout = MS(2),
               .breaker = {90, 20, MS(20), MS(1)}},
};

static struct place {
    struct sockaddr_in address;
    int listener;
} places[COUNT];

static int begin(void **state) {
    if (start_runtime(state) < 0) return -1;
    for (int i = 0; i < COUNT; i++) {
        struct place *place = &places[i];
        socklen_t len = sizeof place->address;
        place->address =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        place->listener = socket(AF_INET, SOCK_STREAM, 0);
        bind(place->listener, (struct sockaddr *)&place->address, len);
        getsockname(place->listener, (struct sockaddr *)&place->address, &len);
        if (i != FRAGILE) listen(place->listener, i == SLOW_ACCEPT ? 0 : 64);
        snprintf(policies[i].subject, sizeof policies[i].subject, "127.0.0.1:%d",
                 ntohs(place->address.sin_port));
    }
    return guards_init(policies, COUNT);
}

static const struct guard *guard_of(int which) {
    for (const struct guard *guard = NULL; (guard = guard_next(guard));)
        if (guard->policy == &policies[which]) return guard;
    fail();
    return NULL;
}

static unsigned queued(int which) { return guard_of(which)->connections.queued; }

static void await(int which, unsigned count) {
    for (int64_t end = gr_now() + 10 * (int64_t)NS_PER_S; queued(which) != count; usleep(500))
        assert_true(gr_now() < end);
}

static int join_up(int fd, int which) {
    const struct place *place = &places[which];
    return connect(fd, (const struct sockaddr *)&place->address, sizeof place->address);
}

/* A connection, or -1 with errno. */
static int open_to(int which, int type) {
    int fd = socket(AF_INET, SOCK_STREAM | type, 0);
    if (join_up(fd, which) == 0 || errno == EINPROGRESS) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int open_blocking(int which) {
    int fd = open_to(which, 0);
    assert_true(fd >= 0);
    return fd;
}

static int take(int which) {
    int fd = accept(places[which].listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

/* ---- turns ---- */

struct visitor {
    int which, type, number;
    int64_t deadline; /* from now, 0: none */
    int fd, error, arrived;
};

static int arrivals;

static void *visit(void *data) {
    struct visitor *visitor = data;
    if (visitor->deadline) gr_deadline_set(gr_now() + visitor->deadline);
    visitor->fd = open_to(visitor->which, visitor->type);
    visitor->error = visitor->fd < 0 ? errno : 0;
    visitor->arrived = ++arrivals;
    return NULL;
}

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
    assert_int_equal(guard_of(NO_QUEUE)->counts.overflows, 1);
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
    assert_int_equal(guard_of(IN_TIME)->counts.failed, 0);
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
    assert_int_equal(guard_of(SLOW_ACCEPT)->counts.connect_timeouts, 1);
    assert_int_equal(guard_of(SLOW_ACCEPT)->counts.failed, 1);
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
    assert_int_equal(guard_of(SLOW_ANSWER)->counts.read_timeouts, 1);
    assert_int_equal(guard_of(SLOW_ANSWER)->counts.failed, 1);
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
    assert_int_equal(guard_of(FRAGILE)->counts.refused, 1);

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
    uint64_t before = guard_of(FRAGILE)->counts.failed;
    for (int waits = 0; waits < 2; waits++) {
        await_probe();
        int fd = open_blocking(FRAGILE), peer = take(FRAGILE);
        assert_int_equal(send(fd, "bye", 3, 0), 3);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (waits) assert_int_equal(recv(fd, &byte, 1, 0), -1);
        close(fd);
        close(peer);
        assert_int_equal(guard_of(FRAGILE)->counts.failed - before, waits);
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

static void places_are_neither_lost_nor_taken_twice_whatever_happens(void **state) {
    gr_green *actors[ACTORS], *host;
    acting = ACTORS;
    host = gr_spawn(welcome, NULL);
    for (int i = 0; i < ACTORS; i++) actors[i] = gr_spawn(act, NULL);
    for (int i = 0; i < ACTORS; i++) gr_join(actors[i], NULL);
    gr_join(host, NULL);
    const struct guard *guard = guard_of(MIXED);
    assert_in_range(open_most, 1, 3);
    assert_int_equal(guard->connections.taken + guard->connections.queued, 0);
    assert_int_equal(guard->calls.taken + guard->calls.queued, 0);
    assert_true(guard->counts.answered && guard->counts.failed && guard->counts.turns);
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
        cmocka_unit_test(a_call_waits_until_another_is_answered),
        cmocka_unit_test(round_trips_go_on_wherever_the_scheduler_is),
        cmocka_unit_test(places_are_neither_lost_nor_taken_twice_whatever_happens),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
