/* Green threads that keep the worker: the scheduler goes on elsewhere, and they come back. */
#include "runtime_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/channel.h"
#include "runtime/backtrace.h"
#include "runtime/park.h"

enum { STUCK = 30 * NS_PER_MS };
#define PATIENCE ((int64_t)20 * NS_PER_S)

static volatile uint64_t sink;

static void compute_until(int64_t due) {
    while (clock_now() < due) sink++;
}

/* Keeps its worker until somebody else has run: without hand-off, for as long as a test is patient.
 */
static bool compute_until_told(volatile bool *told) {
    int64_t due = clock_after(PATIENCE);
    while (!*told && clock_now() < due) sink++;
    return *told;
}

static int task_id(void) { return (int)sys(SYS_gettid); }

/* ---- one that is stuck ---- */

struct stuck {
    volatile bool told;
    bool was_told;
    int task_before, task_while, task_after;
};

static void *be_stuck(void *arg) {
    struct stuck *stuck = arg;
    stuck->task_before = task_id();
    stuck->was_told = compute_until_told(&stuck->told);
    stuck->task_while = task_id();
    time_wait(clock_after(NS_PER_MS));
    stuck->task_after = task_id();
    return NULL;
}

static void others_go_on_while_one_computes(void **state) {
    struct stuck stuck = {0};
    gr_green *green = gr_spawn(be_stuck, &stuck);
    time_wait(clock_after(NS_PER_MS));
    int here = task_id();
    stuck.told = true;
    gr_join(green, NULL);
    assert_true(stuck.was_told);
    assert_int_equal(stuck.task_before, stuck.task_while);
    assert_int_not_equal(stuck.task_while, here);
    assert_int_equal(stuck.task_after, task_id());
}

enum { MANY = 8 };

struct crowd {
    volatile int here;
    volatile bool complete;
};

static void *be_one_of_many(void *arg) {
    struct crowd *crowd = arg;
    if (__atomic_add_fetch(&crowd->here, 1, __ATOMIC_SEQ_CST) == MANY) crowd->complete = true;
    int64_t due = clock_after(PATIENCE);
    struct timespec length = {.tv_nsec = NS_PER_MS};
    while (!crowd->complete && clock_now() < due) sys(SYS_nanosleep, &length, NULL);
    return NULL;
}

static void many_that_are_stuck_are_so_at_the_same_time(void **state) {
    gr_green *green[MANY];
    struct crowd crowd = {0};
    for (int i = 0; i < MANY; i++) green[i] = gr_spawn(be_one_of_many, &crowd);
    for (int i = 0; i < MANY; i++) gr_join(green[i], NULL);
    assert_true(crowd.complete);
}

static void green_0_can_be_stuck_itself(void **state) {
    struct stuck stuck = {0};
    gr_green *green = gr_spawn(be_stuck, &stuck);
    gr_yield();
    stuck.told = true;
    unsigned long before = runtime_stats().handoffs;
    int64_t due = clock_after(PATIENCE);
    while (runtime_stats().handoffs == before && clock_now() < due) sink++;
    assert_true(runtime_stats().handoffs > before);
    gr_join(green, NULL);
}

/* ---- where one is ---- */

enum { ASKS = 100, FRAMES = 32 };

static void *ask_where(void *green) {
    void *frames[FRAMES];
    for (int i = 0; i < ASKS; i++) {
        memset(frames, 0, sizeof frames);
        int count = backtrace_of(green, frames, FRAMES);
        while (count-- > 0)
            if (!frames[count]) return "an empty frame";
    }
    return NULL;
}

static void *ask_and_tell(void *told) {
    void *green = *(void **)told;
    void *why = ask_where(green);
    *(void **)told = NULL;
    return why;
}

/* Each has its own answer, though both ask of the same one. */
static void two_may_ask_at_once_where_one_is(void **state) {
    pthread_t first, second;
    void *why[2], *volatile told[2] = {green_self(), green_self()};
    backtrace_init();
    assert_int_equal(pthread_create(&first, NULL, ask_and_tell, (void *)&told[0]), 0);
    assert_int_equal(pthread_create(&second, NULL, ask_and_tell, (void *)&told[1]), 0);
    int64_t due = clock_after(PATIENCE);
    while ((told[0] || told[1]) && clock_now() < due) sink++;
    pthread_join(first, &why[0]);
    pthread_join(second, &why[1]);
    for (int i = 0; i < 2; i++)
        if (why[i]) fail_msg("%s", (char *)why[i]);
}

/* ---- what one that is detached may do ---- */

struct waker {
    int word;
    int task_before, task_after;
    volatile bool told;
    bool was_told;
};

static void *wake_from_afar(void *arg) {
    struct waker *waker = arg;
    compute_until(clock_after(STUCK));
    waker->task_before = task_id();
    __atomic_store_n(&waker->word, 1, __ATOMIC_SEQ_CST);
    address_wake(&waker->word, 1);
    waker->task_after = task_id();
    waker->was_told = compute_until_told(&waker->told);
    return NULL;
}

static void a_detached_one_wakes_others_and_stays_detached(void **state) {
    struct waker waker = {0};
    gr_green *green = gr_spawn(wake_from_afar, &waker);
    struct address_wait wait;
    while (!waker.told) {
        address_wait_begin(&wait, &waker.word);
        if (__atomic_load_n(&waker.word, __ATOMIC_SEQ_CST))
            waker.told = true;
        else
            address_wait_sleep(&wait, NEVER);
        address_wait_end(&wait);
    }
    int here = task_id();
    gr_join(green, NULL);
    assert_true(waker.was_told);
    assert_int_equal(waker.task_before, waker.task_after);
    assert_int_not_equal(waker.task_after, here);
}

static void *read_late(void *arg) {
    int fd = *(int *)arg;
    char byte;
    compute_until(clock_after(STUCK));
    ssize_t n;
    while ((n = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
        if (fd_wait(fd, POLLIN, NEVER) == WAIT_CLOSED) break;
    return (void *)(intptr_t)n;
}

/* The byte may come between its look and its attaching, and would be reported to nobody. */
static void readiness_that_comes_before_it_attaches_is_not_lost(void **state) {
    for (int i = 0; i < 20; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        fd_born(pair[0]);
        gr_green *green = gr_spawn(read_late, &pair[0]);
        time_wait(clock_after(STUCK + i * 50 * NS_PER_US - 500 * NS_PER_US));
        assert_int_equal(write(pair[1], "x", 1), 1);
        void *n;
        gr_join(green, &n);
        assert_int_equal((intptr_t)n, 1);
        fd_closing(pair[0]);
        close(pair[0]);
        close(pair[1]);
    }
}

static volatile int signals;
static void count_signal(int signal) { signals++; }

static void *be_stuck_blocking_signals(void *arg) {
    uint64_t all = SIGNALS_ALL;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    signal_mask_changed();
    struct stuck *stuck = arg;
    stuck->task_while = task_id();
    stuck->was_told = compute_until_told(&stuck->told);
    return NULL;
}

static void a_signal_that_waits_for_its_task_is_passed_on(void **state) {
    struct sigaction action = {.sa_handler = count_signal}, before;
    sigaction(SIGUSR1, &action, &before);
    signals = 0;
    struct stuck stuck = {0};
    gr_green *green = gr_spawn(be_stuck_blocking_signals, &stuck);
    while (!stuck.task_while) time_wait(clock_after(NS_PER_MS));
    assert_int_not_equal(stuck.task_while, task_id());
    sys(SYS_tgkill, getpid(), stuck.task_while, SIGUSR1);
    stuck.told = true;
    gr_join(green, NULL);
    assert_true(stuck.was_told);
    for (int i = 0; i < 1000 && !signals; i++) time_wait(clock_after(NS_PER_MS));
    assert_int_equal(signals, 1);
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- all at once ---- */

enum { WORKERS = 16, ROUNDS = 150 };

static int lock_word, inside, counter;

static void lock_by_address(void) {
    while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_SEQ_CST)) {
        struct address_wait wait;
        address_wait_begin(&wait, &lock_word);
        if (__atomic_load_n(&lock_word, __ATOMIC_SEQ_CST)) address_wait_sleep(&wait, NEVER);
        if (address_wait_end(&wait)) continue;
    }
}

static void unlock_by_address(void) {
    __atomic_exchange_n(&lock_word, 0, __ATOMIC_SEQ_CST);
    address_wake(&lock_word, 1);
}

static void *mix(void *arg) {
    unsigned seed = (unsigned)(uintptr_t)arg;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return NULL;
    fd_born(pair[0]);
    for (int i = 0; i < ROUNDS; i++) {
        lock_by_address();
        assert_int_equal(__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST), 0);
        counter++;
        if (rand_r(&seed) % 4 == 0) compute_until(clock_after(rand_r(&seed) % 400000));
        __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
        unlock_by_address();
        switch (rand_r(&seed) % 4) {
        case 0:
            compute_until(clock_after(rand_r(&seed) % 1000000));
            break;
        case 1:
            time_wait(clock_after(rand_r(&seed) % 300000));
            break;
        case 2:
            if (carrier_offload_begin()) {
                compute_until(clock_after(rand_r(&seed) % 100000));
                carrier_offload_end();
            }
            break;
        default: {
            char byte;
            if (write(pair[1], "x", 1) != 1) return NULL;
            while (recv(pair[0], &byte, 1, MSG_DONTWAIT) != 1) fd_wait(pair[0], POLLIN, NEVER);
        }
        }
    }
    fd_closing(pair[0]);
    close(pair[0]);
    close(pair[1]);
    return NULL;
}

static void *lock_from_outside(void *arg) {
    for (int i = 0; i < ROUNDS; i++) {
        lock_by_address();
        counter++;
        unlock_by_address();
        compute_until(clock_after(200000));
    }
    return NULL;
}

static void nothing_is_lost_when_all_of_it_is_mixed(void **state) {
    gr_green *green[WORKERS];
    pthread_t outside;
    counter = 0;
    pthread_create(&outside, NULL, lock_from_outside, NULL);
    for (uintptr_t i = 0; i < WORKERS; i++) green[i] = gr_spawn(mix, (void *)(i + 1));
    for (int i = 0; i < WORKERS; i++) assert_int_equal(gr_join(green[i], NULL), 0);
    pthread_join(outside, NULL);
    assert_int_equal(counter, (WORKERS + 1) * ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_go_on_while_one_computes),
        cmocka_unit_test(many_that_are_stuck_are_so_at_the_same_time),
        cmocka_unit_test(green_0_can_be_stuck_itself),
        cmocka_unit_test(two_may_ask_at_once_where_one_is),
        cmocka_unit_test(a_detached_one_wakes_others_and_stays_detached),
        cmocka_unit_test(readiness_that_comes_before_it_attaches_is_not_lost),
        cmocka_unit_test(a_signal_that_waits_for_its_task_is_passed_on),
        cmocka_unit_test(nothing_is_lost_when_all_of_it_is_mixed),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
