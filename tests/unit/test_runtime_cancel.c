/* Cancellation and scopes. */
#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "greenroom/channel.h"
#include "greenroom/scope.h"
#include "runtime/park.h"

static const int64_t LONG = 60; /* seconds */

static int error_of(enum wait_result result) {
    return result == WAIT_EXPIRED ? green_expiry_errno(green_self()) : 0;
}

/* ---- what fails ---- */

static int silent[2]; /* a socket pair that nobody writes to */

static void *wait_for_time(void *arg) {
    return (void *)(intptr_t)error_of(time_wait(clock_after(LONG * NS_PER_S)));
}

static void *wait_for_descriptor(void *arg) {
    enum wait_result result;
    do result = fd_wait(silent[0], POLLIN, NEVER);
    while (result == WAIT_RETRY);
    return (void *)(intptr_t)error_of(result);
}

static void *wait_for_channel(void *arg) {
    void *item;
    return (void *)(intptr_t)(gr_channel_receive(arg, &item) ? errno : 0);
}

static void *wait_for_another(void *arg) {
    return (void *)(intptr_t)(gr_join(arg, NULL) ? errno : 0);
}

static void *cancel_from_outside(void *arg) {
    gr_cancel(arg);
    return NULL;
}

static int cancelled(void *(*fn)(void *), void *arg, bool first, bool outside) {
    gr_green *green = gr_spawn(fn, arg);
    if (!first) gr_yield();
    pthread_t thread;
    if (outside) {
        pthread_create(&thread, NULL, cancel_from_outside, green);
        pthread_join(thread, NULL);
    } else {
        gr_cancel(green);
    }
    void *result;
    assert_int_equal(gr_join(green, &result), 0);
    return (int)(intptr_t)result;
}

static void every_wait_fails(void **state) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, silent), 0);
    gr_channel *channel = gr_channel_new(1);
    for (int way = 0; way < 4; way++) {
        bool first = way & 1, outside = way & 2;
        gr_green *other = gr_spawn(wait_for_time, NULL);
        assert_int_equal(cancelled(wait_for_time, NULL, first, outside), ECANCELED);
        assert_int_equal(cancelled(wait_for_descriptor, NULL, first, outside), ECANCELED);
        assert_int_equal(cancelled(wait_for_channel, channel, first, outside), ECANCELED);
        assert_int_equal(cancelled(wait_for_another, other, first, outside), ECANCELED);
        gr_cancel(other);
        assert_int_equal(gr_join(other, NULL), 0);
    }
    gr_channel_free(channel);
    close(silent[0]);
    close(silent[1]);
}

static void *clean_up(void *arg) {
    int before = error_of(time_wait(clock_after(LONG * NS_PER_S)));
    gr_shield(true);
    bool shielded = !gr_cancelled();
    int meanwhile = error_of(time_wait(clock_after(NS_PER_MS)));
    gr_shield(false);
    int after = error_of(time_wait(clock_after(NS_PER_MS)));
    bool right = before == ECANCELED && shielded && meanwhile == 0 && after == ECANCELED;
    return (void *)(intptr_t)right;
}

static void a_shield_holds_it_back(void **state) {
    assert_true(cancelled(clean_up, NULL, false, false));
}

static void *tell_whether_cancelled(void *arg) { return (void *)(intptr_t)gr_cancelled(); }

static void the_next_task_of_a_green_thread_is_not_cancelled(void **state) {
    for (int i = 0; i < 3; i++) {
        cancelled(wait_for_time, NULL, true, false);
        void *result;
        gr_join(gr_spawn(tell_whether_cancelled, NULL), &result);
        assert_null(result);
    }
}

/* ---- scopes ---- */

static int ended;

static int sleep_ms(void *arg) {
    enum wait_result result = time_wait(clock_after((intptr_t)arg * NS_PER_MS));
    ended++;
    return error_of(result);
}

static int break_down(void *arg) {
    time_wait(clock_after(2 * NS_PER_MS));
    ended++;
    return EIO;
}

static void closing_waits_for_all(void **state) {
    ended = 0;
    gr_scope *scope = gr_scope_open();
    for (intptr_t i = 0; i < 5; i++)
        assert_int_equal(gr_scope_spawn(scope, sleep_ms, (void *)i), 0);
    assert_int_equal(gr_scope_close(scope), 0);
    assert_int_equal(ended, 5);
}

static void the_first_failure_cancels_the_rest(void **state) {
    ended = 0;
    int64_t began = clock_now();
    gr_scope *scope = gr_scope_open();
    gr_scope_spawn(scope, sleep_ms, (void *)(LONG * 1000));
    gr_scope_spawn(scope, break_down, NULL);
    gr_scope_spawn(scope, sleep_ms, (void *)(LONG * 1000));
    assert_int_equal(gr_scope_close(scope), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(ended, 3);
    assert_true(clock_now() - began < LONG * NS_PER_S / 2);
}

static void the_deadline_of_the_owner_ends_the_children(void **state) {
    ended = 0;
    int64_t before = gr_deadline_set(clock_after(5 * NS_PER_MS));
    gr_scope *scope = gr_scope_open();
    gr_scope_spawn(scope, sleep_ms, (void *)(LONG * 1000));
    assert_int_equal(gr_scope_close(scope), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(ended, 1);
    gr_deadline_set(before);
}

static void *own_a_scope(void *arg) {
    gr_scope *scope = gr_scope_open(), *inner = gr_scope_open();
    gr_scope_spawn(scope, sleep_ms, (void *)(LONG * 1000));
    gr_scope_spawn(inner, sleep_ms, (void *)(LONG * 1000));
    int inner_error = gr_scope_close(inner) ? errno : 0;
    int error = gr_scope_close(scope) ? errno : 0;
    return (void *)(intptr_t)(inner_error == ECANCELED && error == ECANCELED);
}

static void cancelling_the_owner_ends_nested_scopes(void **state) {
    ended = 0;
    assert_true(cancelled(own_a_scope, NULL, false, false));
    assert_int_equal(ended, 2);
}

static void a_cancelled_scope_takes_no_more(void **state) {
    gr_scope *scope = gr_scope_open();
    gr_scope_cancel(scope);
    assert_int_equal(gr_scope_spawn(scope, sleep_ms, NULL), -1);
    assert_int_equal(errno, ECANCELED);
    assert_int_equal(gr_scope_close(scope), 0);
}

static int spawn_another(void *arg) {
    int error = gr_scope_spawn(arg, sleep_ms, (void *)5) ? errno : 0;
    ended++;
    return error;
}

static void children_spawn_siblings(void **state) {
    ended = 0;
    gr_scope *scope = gr_scope_open();
    for (int i = 0; i < 10; i++) gr_scope_spawn(scope, spawn_another, scope);
    assert_int_equal(gr_scope_close(scope), 0);
    assert_int_equal(ended, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wait_fails),
        cmocka_unit_test(a_shield_holds_it_back),
        cmocka_unit_test(the_next_task_of_a_green_thread_is_not_cancelled),
        cmocka_unit_test(closing_waits_for_all),
        cmocka_unit_test(the_first_failure_cancels_the_rest),
        cmocka_unit_test(the_deadline_of_the_owner_ends_the_children),
        cmocka_unit_test(cancelling_the_owner_ends_nested_scopes),
        cmocka_unit_test(a_cancelled_scope_takes_no_more),
        cmocka_unit_test(children_spawn_siblings),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
