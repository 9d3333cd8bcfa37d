/* Each state of a green thread is counted as what it is, and all of its time is. */
#include "runtime_fixture.h"

#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "runtime/account.h"
#include "runtime/park.h"

enum { PAUSE = 50 * NS_PER_MS };

static struct account account;
static struct {
    int fd;
    int64_t ns;
} told;

static void have_waited(struct account *unused, int fd, int64_t ns) {
    told.fd = fd;
    told.ns += ns;
}

static int open_account(void **state) {
    told.fd = -1;
    told.ns = 0;
    account_open(&account, clock_now(), have_waited);
    return 0;
}

/* What was spent on kind, once all of it adds up to what has passed. */
static int64_t spent_on(enum account_kind kind) {
    int64_t now = clock_now(), sum = 0;
    account_close(&account, now);
    for (int i = 0; i < ACCOUNT_KINDS; i++) sum += account.spent[i];
    assert_true(sum == now - account.opened);
    return account.spent[kind];
}

static void *rest(void *unused) {
    time_wait(clock_after(PAUSE));
    return NULL;
}

static void *compute(void *unused) {
    for (int64_t end = clock_after(PAUSE); clock_now() < end;) {
    }
    return NULL;
}

static void *write_later(void *fd) {
    rest(NULL);
    assert_int_equal(write((int)(intptr_t)fd, "x", 1), 1);
    return NULL;
}

static void assert_paused(int64_t ns) { assert_true(ns > PAUSE / 2); }

static void computing_is_running(void **state) {
    compute(NULL);
    assert_paused(spent_on(ACCOUNT_RUNNING));
}

/* How much of the pause is sleep is up to the machine: a park begins after its end was reckoned,
 * and who has computed before it gives way first. */
static void waiting_for_time_is_sleep(void **state) {
    rest(NULL);
    int64_t slept = spent_on(ACCOUNT_SLEEP);
    assert_true(slept > 0);
    assert_true(slept + account.spent[ACCOUNT_RUNNING] + account.spent[ACCOUNT_QUEUED] >= PAUSE);
}

/* It is not handed off meanwhile. */
static void *compute_inside_the_scheduler(void *unused) {
    sched_enter(green_self());
    compute(NULL);
    sched_leave(green_self());
    return NULL;
}

static void one_that_others_keep_from_running_is_queued(void **state) {
    gr_green *other = gr_spawn(compute_inside_the_scheduler, NULL);
    gr_yield();
    assert_paused(spent_on(ACCOUNT_QUEUED));
    gr_join(other, NULL);
}

static void waiting_for_an_address_is_a_lock(void **state) {
    gr_join(gr_spawn(rest, NULL), NULL);
    assert_paused(spent_on(ACCOUNT_LOCK));
}

static void a_wait_for_a_descriptor_is_told(void **state) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    gr_green *writer = gr_spawn(write_later, (void *)(intptr_t)ends[1]);
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    while (poll(&ready, 1, 0) == 0) fd_wait(ends[0], POLLIN, NEVER);
    int64_t spent = spent_on(ACCOUNT_DESCRIPTOR);
    assert_paused(spent);
    assert_int_equal(told.fd, ends[0]);
    assert_true(told.ns == spent);
    gr_join(writer, NULL);
    fd_closing(ends[0]);
    close(ends[0]);
    close(ends[1]);
}

static void a_call_on_another_kernel_task_is_counted_as_such(void **state) {
    struct timespec pause = {.tv_nsec = PAUSE};
    assert_true(carrier_offload_begin());
    sys(SYS_nanosleep, &pause, NULL);
    carrier_offload_end();
    assert_paused(spent_on(ACCOUNT_OS_THREAD));
}

static void a_label_lasts_as_long_as_its_descriptor(void **state) {
    int fd = dup(0);
    fd_born(fd);
    assert_int_equal(fd_label(fd), 0);
    fd_label_set(fd, 7);
    assert_int_equal(fd_label(fd), 7);
    fd_closing(fd);
    assert_int_equal(fd_label(fd), 0);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(computing_is_running, open_account),
        cmocka_unit_test_setup(waiting_for_time_is_sleep, open_account),
        cmocka_unit_test_setup(one_that_others_keep_from_running_is_queued, open_account),
        cmocka_unit_test_setup(waiting_for_an_address_is_a_lock, open_account),
        cmocka_unit_test_setup(a_wait_for_a_descriptor_is_told, open_account),
        cmocka_unit_test_setup(a_call_on_another_kernel_task_is_counted_as_such, open_account),
        cmocka_unit_test(a_label_lasts_as_long_as_its_descriptor),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
