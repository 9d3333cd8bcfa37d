/* Wakes that come at the worst moment: stale ones, from all sides, at threads between two lives. */
#include "runtime_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/channel.h"
#include "runtime/interpreter.h"
#include "runtime/park.h"
#include "runtime/watch.h"

enum { TASKS = 24 };

static int ran[TASKS];

static void *count_late(void *arg) {
    time_wait(clock_after(10 * NS_PER_MS));
    ran[(intptr_t)arg]++;
    return NULL;
}

static unsigned pool_length(const struct green_pool *pool) {
    unsigned length = 0;
    for (const struct green *green = pool->free; green; green = green->pool_next) length++;
    return length;
}

static void *release_itself(void *arg) {
    green_release(green_self());
    return NULL;
}

static void one_that_detaches_itself_and_ends_leaves_the_pool_whole(void **state) {
    for (int i = 0; i < 4; i++) green_start(&green_app_pool, release_itself, NULL, true);
    gr_yield();
    gr_green *green[TASKS];
    memset(ran, 0, sizeof ran);
    for (intptr_t i = 0; i < TASKS; i++) green[i] = gr_spawn(count_late, (void *)i);
    for (int i = 0; i < TASKS; i++) gr_join(green[i], NULL);
    for (int i = 0; i < TASKS; i++) assert_int_equal(ran[i], 1);
    gr_yield();
    assert_int_equal(pool_length(&green_app_pool), green_app_pool.idle);
}

static void *nothing(void *arg) { return NULL; }

struct joining {
    struct green *green;
    int asked, stop;
};

/* An OS thread that joins what it is given. */
static void *join_all(void *arg) {
    struct joining *joining = arg;
    while (!__atomic_load_n(&joining->stop, __ATOMIC_ACQUIRE)) {
        if (!__atomic_load_n(&joining->asked, __ATOMIC_ACQUIRE)) continue;
        gr_join((gr_green *)joining->green, NULL);
        __atomic_store_n(&joining->asked, 0, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void joins_from_an_os_thread_leave_the_pool_whole(void **state) {
    struct joining joining = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, join_all, &joining), 0);
    for (int i = 0; i < 3000; i++) {
        joining.green = green_start(&green_app_pool, nothing, NULL, true);
        __atomic_store_n(&joining.asked, 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&joining.asked, __ATOMIC_ACQUIRE)) gr_yield();
    }
    __atomic_store_n(&joining.stop, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    time_wait(clock_after(NS_PER_MS));
    assert_int_equal(pool_length(&green_app_pool), green_app_pool.idle);
}

/* ---- one that is joined from another kernel task just when it ends ---- */

enum { MEETINGS = 40, WITNESSES = 4 };

static struct meeting {
    struct green *green;
    int joiner_ready, started, over;
} meeting;

static void *join_while_detached(void *arg) {
    struct green *self = green_self();
    while (__atomic_load_n(&self->state, __ATOMIC_ACQUIRE) != GREEN_DETACHED) continue;
    __atomic_store_n(&meeting.joiner_ready, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&meeting.started, __ATOMIC_ACQUIRE)) continue;
    while (!__atomic_load_n(&meeting.green->done, __ATOMIC_ACQUIRE)) continue;
    green_release(meeting.green);
    return NULL;
}

/* Being woken, they take the time of the one that ends. */
static void *see_the_end(void *arg) {
    while (!__atomic_load_n(&meeting.started, __ATOMIC_ACQUIRE)) continue;
    green_join(meeting.green, NEVER, false);
    return NULL;
}

static void *wait_until_over(void *arg) {
    while (!meeting.over) time_wait(clock_after(NS_PER_MS));
    return NULL;
}

static bool pool_has_a_busy_one(const struct green_pool *pool) {
    for (const struct green *green = pool->free; green; green = green->pool_next)
        if (green->fn) return true;
    return false;
}

static void *end_later(void *arg) {
    time_wait(clock_after(2 * NS_PER_MS));
    return NULL;
}

static void joins_from_another_kernel_task_leave_the_pool_whole(void **state) {
    for (int i = 0; i < MEETINGS; i++) {
        meeting = (struct meeting){0};
        pthread_t witnesses[WITNESSES];
        gr_green *joiner = gr_spawn(join_while_detached, NULL);
        for (int k = 0; k < WITNESSES; k++)
            assert_int_equal(pthread_create(&witnesses[k], NULL, see_the_end, NULL), 0);
        while (!__atomic_load_n(&meeting.joiner_ready, __ATOMIC_ACQUIRE))
            time_wait(clock_after(NS_PER_MS));
        meeting.green = green_start(&green_app_pool, end_later, NULL, true);
        __atomic_store_n(&meeting.started, 1, __ATOMIC_RELEASE);
        while (!meeting.green->done) gr_yield();
        gr_green *next = gr_spawn(wait_until_over, NULL);
        time_wait(clock_after(2 * NS_PER_MS));
        bool busy = pool_has_a_busy_one(&green_app_pool);
        meeting.over = 1;
        assert_false(busy);
        gr_join(joiner, NULL);
        gr_join(next, NULL);
        for (int k = 0; k < WITNESSES; k++) pthread_join(witnesses[k], NULL);
    }
}

static int moving;

static void *move_often(void *arg) {
    for (int i = 0; i < 300; i++)
        if (carrier_offload_begin()) carrier_offload_end();
    moving--;
    return NULL;
}

static void wakes_of_offloaded_green_threads_are_harmless(void **state) {
    struct green *green[TASKS];
    moving = TASKS;
    for (int i = 0; i < TASKS; i++) green[i] = green_start(&green_app_pool, move_often, NULL, true);
    while (moving) {
        for (int i = 0; i < TASKS; i++) green_wake(green[i]);
        gr_yield();
    }
    for (int i = 0; i < TASKS; i++) gr_join((gr_green *)green[i], NULL);
}

static gr_channel *channel;

static void *send_when_told_to_yield(void *arg) {
    green_must_yield = 1;
    return (void *)(intptr_t)gr_channel_send(channel, arg);
}

static void a_channel_looks_after_it_has_given_way(void **state) {
    channel = gr_channel_new(0);
    gr_green *sender = gr_spawn(send_when_told_to_yield, &channel);
    green_must_yield = 1;
    void *item = NULL;
    gr_deadline_set(gr_now() + 1000 * (int64_t)NS_PER_MS);
    assert_int_equal(gr_channel_receive(channel, &item), 0);
    gr_deadline_set(0);
    assert_ptr_equal(item, &channel);
    gr_join(sender, NULL);
    gr_channel_free(channel);
}

static void yield_like_a_hook(struct fd_watch *watch, unsigned events) {
    green_must_yield = 1;
    assert_null(green_may_park());
    green_must_yield = 0;
}

static void hooks_do_not_park_inside_the_scheduler(void **state) {
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct fd_watch watch = {.ready = yield_like_a_hook};
    assert_int_equal(fd_watch_add(&watch, pair[0]), 0);
    assert_int_equal(send(pair[1], "x", 1, MSG_DONTWAIT), 1);
    assert_int_equal(fd_wait(pair[0], POLLIN, clock_after(1000 * (int64_t)NS_PER_MS)), WAIT_RETRY);
    fd_watch_remove(&watch);
    close(pair[0]);
    close(pair[1]);
}

static void *wait_for_byte(void *arg) {
    int fd = *(int *)arg;
    return (void *)(intptr_t)fd_wait(fd, POLLIN, clock_after(2000 * (int64_t)NS_PER_MS));
}

static void removing_a_watch_keeps_the_others_who_wait(void **state) {
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct fd_watch watch = {.ready = yield_like_a_hook};
    assert_int_equal(fd_watch_add(&watch, pair[0]), 0);
    time_wait(clock_after(NS_PER_MS));
    gr_green *waiter = gr_spawn(wait_for_byte, &pair[0]);
    gr_yield();
    fd_watch_remove(&watch);
    assert_int_equal(send(pair[1], "x", 1, MSG_DONTWAIT), 1);
    void *result;
    gr_join(waiter, &result);
    assert_int_equal((intptr_t)result, WAIT_RETRY);
    close(pair[0]);
    close(pair[1]);
}

static void on_signal(int number) {
    signal_handler_begin();
    signal_handler_end();
}

static void *wake_and_signal(void *arg) {
    green_wake(arg);
    raise(SIGUSR1);
    return NULL;
}

static void a_signal_interrupts_one_wait_only(void **state) {
    signal(SIGUSR1, on_signal);
    struct green *self = green_self();
    gr_green *other = gr_spawn(wake_and_signal, self);
    green_park(NEVER);
    assert_true(green_take_interrupt(self));
    assert_int_equal(time_wait(clock_after(5 * NS_PER_MS)), WAIT_TIMED_OUT);
    gr_join(other, NULL);
}

static void a_blocked_signal_stays_blocked_during_an_offload(void **state) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2); /* its default would end the process */
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    signal_mask_changed();
    kill(getpid(), SIGUSR2);
    if (carrier_offload_begin()) carrier_offload_end();
    int number = 0;
    assert_int_equal(sigwait(&blocked, &number), 0);
    assert_int_equal(number, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    signal_mask_changed();
}

enum { QUESTIONS = 20000 };

static void answer(void *answered) { ++*(int *)answered; }

static void *ask(void *answered) {
    for (int asked = 0; asked < QUESTIONS;) asked += interpreter_ask(answer, answered);
    return NULL;
}

static void of_two_who_ask_at_once_each_is_answered(void **state) {
    pthread_t tasks[2];
    int answered[2] = {0};
    assert_int_equal(interpreter_asker_start(), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&tasks[i], NULL, ask, &answered[i]), 0);
    for (int i = 0; i < 2; i++) pthread_join(tasks[i], NULL);
    while (!interpreter_has_answered()) sys_pause(NS_PER_MS);
    assert_int_equal(answered[0], QUESTIONS);
    assert_int_equal(answered[1], QUESTIONS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_detaches_itself_and_ends_leaves_the_pool_whole),
        cmocka_unit_test(joins_from_an_os_thread_leave_the_pool_whole),
        cmocka_unit_test(joins_from_another_kernel_task_leave_the_pool_whole),
        cmocka_unit_test(wakes_of_offloaded_green_threads_are_harmless),
        cmocka_unit_test(of_two_who_ask_at_once_each_is_answered),
        cmocka_unit_test(a_channel_looks_after_it_has_given_way),
        cmocka_unit_test(hooks_do_not_park_inside_the_scheduler),
        cmocka_unit_test(removing_a_watch_keeps_the_others_who_wait),
        cmocka_unit_test(a_signal_interrupts_one_wait_only),
        cmocka_unit_test(a_blocked_signal_stays_blocked_during_an_offload),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
