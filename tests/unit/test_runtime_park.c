/* Parking and waking: by address from all sides, by descriptor, by watch, by channel. */
#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/channel.h"
#include "runtime/park.h"
#include "runtime/watch.h"

enum { ROUNDS = 100000 };

/* ---- by address ---- */

static int turn; /* whose turn it is: 0 or 1 */

static void wait_for_turn(int mine) {
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != mine) {
        struct address_wait wait;
        address_wait_begin(&wait, &turn);
        if (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != mine) address_wait_sleep(&wait, NEVER);
        address_wait_end(&wait);
    }
}

static void *play(void *arg) {
    int mine = (int)(intptr_t)arg;
    for (int i = 0; i < ROUNDS; i++) {
        wait_for_turn(mine);
        __atomic_store_n(&turn, !mine, __ATOMIC_SEQ_CST);
        address_wake(&turn, 1);
    }
    return NULL;
}

static void no_wake_is_lost_between_two_green_threads(void **state) {
    gr_green *a = gr_spawn(play, (void *)0), *b = gr_spawn(play, (void *)1);
    gr_join(a, NULL);
    gr_join(b, NULL);
}

static void *play_and_tell(void *arg) {
    play((void *)1);
    __atomic_store_n((int *)arg, 1, __ATOMIC_SEQ_CST);
    address_wake(arg, 1);
    return NULL;
}

static void no_wake_is_lost_between_a_green_thread_and_an_os_thread(void **state) {
    int over = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, play_and_tell, &over), 0);
    gr_join(gr_spawn(play, (void *)0), NULL);
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) time_wait(clock_after(NS_PER_MS));
    pthread_join(thread, NULL);
}

static void a_wait_by_address_ends_at_its_due_time(void **state) {
    int word = 0;
    struct address_wait wait;
    address_wait_begin(&wait, &word);
    int64_t begin = clock_now();
    while (!address_wait_sleep(&wait, begin + 20 * NS_PER_MS)) {
    }
    assert_false(address_wait_end(&wait));
    assert_true(clock_now() - begin >= 20 * NS_PER_MS);
}

static void *count_wake(void *arg) {
    struct address_wait wait;
    address_wait_begin(&wait, arg);
    while (!wait.woken) address_wait_sleep(&wait, NEVER);
    address_wait_end(&wait);
    ++*(int *)arg;
    return NULL;
}

static void a_wake_reaches_as_many_as_it_says(void **state) {
    int woken = 0;
    gr_green *green[5];
    for (int i = 0; i < 5; i++) green[i] = gr_spawn(count_wake, &woken);
    gr_yield();
    assert_int_equal(address_wake(&woken, 2), 2);
    for (int i = 0; i < 5; i++) gr_yield();
    assert_int_equal(woken, 2);
    assert_int_equal(address_wake(&woken, 100), 3);
    for (int i = 0; i < 5; i++) gr_join(green[i], NULL);
    assert_int_equal(woken, 5);
    assert_int_equal(address_wake(&woken, 1), 0);
}

/* ---- by descriptor ---- */

static int pair[2];

static int open_pair(void **state) {
    int result = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    fd_born(pair[0]);
    fd_born(pair[1]);
    return result;
}

static int close_pair(void **state) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0) {
            fd_closing(pair[i]);
            sys(SYS_close, pair[i]);
        }
    return 0;
}

static char receive(int fd) {
    char byte;
    while (recv(fd, &byte, 1, MSG_DONTWAIT) != 1)
        assert_int_equal(fd_wait(fd, POLLIN, NEVER), WAIT_RETRY);
    return byte;
}

static void *echo(void *arg) {
    for (int i = 0; i < 1000; i++) {
        char byte = receive(pair[1]);
        assert_int_equal(send(pair[1], &byte, 1, MSG_DONTWAIT), 1);
    }
    return NULL;
}

static void data_wakes_the_reader_each_time(void **state) {
    gr_green *green = gr_spawn(echo, NULL);
    for (int i = 0; i < 1000; i++) {
        char byte = (char)i;
        assert_int_equal(send(pair[0], &byte, 1, MSG_DONTWAIT), 1);
        assert_int_equal(receive(pair[0]), byte);
    }
    gr_join(green, NULL);
}

static void waiting_for_a_descriptor_ends_at_the_due_time(void **state) {
    int64_t due = clock_after(10 * NS_PER_MS);
    enum wait_result result;
    do result = fd_wait(pair[0], POLLIN, due);
    while (result == WAIT_RETRY);
    assert_int_equal(result, WAIT_TIMED_OUT);
    assert_true(clock_now() >= due);
}

static void waiting_for_a_descriptor_ends_at_the_deadline(void **state) {
    gr_deadline_set(gr_now() + 10 * NS_PER_MS);
    enum wait_result result;
    do result = fd_wait(pair[0], POLLIN, NEVER);
    while (result == WAIT_RETRY);
    gr_deadline_set(0);
    assert_int_equal(result, WAIT_EXPIRED);
}

static void *wait_for_pair(void *arg) { return (void *)(intptr_t)fd_wait(pair[0], POLLIN, NEVER); }

static void closing_a_descriptor_wakes_who_waits_for_it(void **state) {
    gr_green *green = gr_spawn(wait_for_pair, NULL);
    gr_yield();
    fd_closing(pair[0]);
    sys(SYS_close, pair[0]);
    pair[0] = -1;
    void *result;
    gr_join(green, &result);
    assert_int_equal((intptr_t)result, WAIT_CLOSED);
}

static void a_reused_number_wakes_nobody_of_its_former_life(void **state) {
    assert_int_equal(send(pair[1], "x", 1, MSG_DONTWAIT), 1);
    int old = pair[0];
    struct pollfd both[2] = {{.fd = pair[0], .events = POLLIN}, {.fd = -1}};
    assert_int_equal(fd_wait_many(both, 2, NEVER), WAIT_RETRY);
    close_pair(state);
    assert_int_equal(open_pair(state), 0);
    assert_int_equal(pair[0], old);
    without_fault(FAULT_SPURIOUS); /* it may wake for no reason, */
    without_fault(FAULT_ENOMEM);   /* or to try again */
    assert_int_equal(fd_wait(pair[0], POLLIN, clock_after(5 * NS_PER_MS)), WAIT_TIMED_OUT);
}

static void a_regular_file_cannot_be_waited_for(void **state) {
    without_fault(FAULT_ENOMEM); /* it is tried again, not waited for */
    FILE *file = tmpfile();
    assert_int_equal(fd_wait(fileno(file), POLLIN, NEVER), WAIT_UNPOLLABLE);
    fclose(file);
    assert_int_equal(fd_wait(-1, POLLIN, NEVER), WAIT_UNPOLLABLE);
}

/* ---- watches ---- */

struct counting_watch {
    struct fd_watch watch;
    int calls;
    unsigned events;
};

static void count_call(struct fd_watch *watch, unsigned events) {
    struct counting_watch *counting = (struct counting_watch *)watch;
    counting->calls++;
    counting->events |= events;
}

static void pass_the_loop(void) { time_wait(clock_after(2 * NS_PER_MS)); }

static void a_watch_is_told_of_news_only(void **state) {
    struct counting_watch watch = {.watch.ready = count_call};
    assert_int_equal(fd_watch_add(&watch.watch, pair[0]), 0);
    pass_the_loop();
    fd_watch_rearm(&watch.watch);
    watch.calls = 0;
    assert_int_equal(send(pair[1], "x", 1, MSG_DONTWAIT), 1);
    pass_the_loop();
    pass_the_loop();
    assert_int_equal(watch.calls, 1);
    char byte;
    assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), 1);
    fd_watch_rearm(&watch.watch);
    assert_int_equal(send(pair[1], "y", 1, MSG_DONTWAIT), 1);
    pass_the_loop();
    assert_int_equal(watch.calls, 2);
    fd_watch_remove(&watch.watch);
}

static void a_watch_is_told_that_the_peer_has_left(void **state) {
    struct counting_watch watch = {.watch.ready = count_call};
    assert_int_equal(fd_watch_add(&watch.watch, pair[0]), 0);
    sys(SYS_close, pair[1]);
    pair[1] = -1;
    pass_the_loop();
    assert_true(watch.events & (POLLHUP | POLLRDHUP));
    fd_watch_remove(&watch.watch);
}

/* ---- channels ---- */

static gr_channel *channel;

static void *send_numbers(void *arg) {
    for (intptr_t i = 1; i <= ROUNDS; i++) assert_int_equal(gr_channel_send(channel, (void *)i), 0);
    gr_channel_close(channel);
    return NULL;
}

static void check_numbers(size_t capacity) {
    channel = gr_channel_new(capacity);
    gr_green *sender = gr_spawn(send_numbers, NULL);
    void *item;
    for (intptr_t i = 1; i <= ROUNDS; i++) {
        assert_int_equal(gr_channel_receive(channel, &item), 0);
        assert_int_equal((intptr_t)item, i);
    }
    assert_int_equal(gr_channel_receive(channel, &item), -1);
    assert_int_equal(errno, EPIPE);
    gr_join(sender, NULL);
    gr_channel_free(channel);
}

static void a_channel_delivers_in_order(void **state) { check_numbers(16); }

static void a_channel_without_room_is_a_rendezvous(void **state) { check_numbers(0); }

static void receiving_past_the_deadline_fails_with_etimedout(void **state) {
    channel = gr_channel_new(1);
    gr_deadline_set(gr_now() + 5 * NS_PER_MS);
    void *item;
    assert_int_equal(gr_channel_receive(channel, &item), -1);
    assert_int_equal(errno, ETIMEDOUT);
    gr_deadline_set(0);
    gr_channel_free(channel);
}

static void *send_one(void *arg) {
    return (void *)(intptr_t)(gr_channel_send(channel, arg) ? errno : 0);
}

static void closing_a_channel_fails_its_waiting_senders(void **state) {
    channel = gr_channel_new(0);
    gr_green *sender = gr_spawn(send_one, &channel);
    gr_yield();
    gr_channel_close(channel);
    void *result;
    gr_join(sender, &result);
    assert_int_equal((intptr_t)result, EPIPE);
    gr_channel_free(channel);
}

/* ---- fairness ---- */

static void *compute(void *arg) {
    int64_t until = clock_now() + 100 * NS_PER_MS;
    while (clock_now() < until) green_may_park();
    return NULL;
}

static void who_computes_between_hooks_gives_way_to_sleepers(void **state) {
    gr_green *hog = gr_spawn(compute, NULL);
    gr_yield();
    int64_t begin = clock_now();
    time_wait(clock_after(NS_PER_MS));
    assert_true(clock_now() - begin < 60 * NS_PER_MS);
    gr_join(hog, NULL);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wake_is_lost_between_two_green_threads),
        cmocka_unit_test(no_wake_is_lost_between_a_green_thread_and_an_os_thread),
        cmocka_unit_test(a_wait_by_address_ends_at_its_due_time),
        cmocka_unit_test(a_wake_reaches_as_many_as_it_says),
        WITH_PAIR(data_wakes_the_reader_each_time),
        WITH_PAIR(waiting_for_a_descriptor_ends_at_the_due_time),
        WITH_PAIR(waiting_for_a_descriptor_ends_at_the_deadline),
        WITH_PAIR(closing_a_descriptor_wakes_who_waits_for_it),
        WITH_PAIR(a_reused_number_wakes_nobody_of_its_former_life),
        cmocka_unit_test(a_regular_file_cannot_be_waited_for),
        WITH_PAIR(a_watch_is_told_of_news_only),
        WITH_PAIR(a_watch_is_told_that_the_peer_has_left),
        cmocka_unit_test(a_channel_delivers_in_order),
        cmocka_unit_test(a_channel_without_room_is_a_rendezvous),
        cmocka_unit_test(receiving_past_the_deadline_fails_with_etimedout),
        cmocka_unit_test(closing_a_channel_fails_its_waiting_senders),
        cmocka_unit_test(who_computes_between_hooks_gives_way_to_sleepers),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
