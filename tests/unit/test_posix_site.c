/* Places that leave an interpreter's lock and keep the worker for a millisecond or two: the lock
 * here is one made like CPython's. */
#include "runtime_fixture.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/sys.h"
#include "runtime/park.h"

#define PATIENCE ((int64_t)20 * NS_PER_S)
enum { SPELL = 1500 * NS_PER_US };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool taken;
} gil = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

static void (*before_unlock)(void);

static __attribute__((noinline)) void gil_leave(void) {
    pthread_mutex_lock(&gil.mutex);
    gil.taken = false;
    pthread_cond_signal(&gil.cond);
    if (before_unlock) before_unlock();
    pthread_mutex_unlock(&gil.mutex);
}

static __attribute__((noinline)) void gil_take(void) {
    pthread_mutex_lock(&gil.mutex);
    while (gil.taken) pthread_cond_wait(&gil.cond, &gil.mutex);
    gil.taken = true;
    pthread_mutex_unlock(&gil.mutex);
}

static void hold(void *unused) { gil_take(); }
static void release(void *unused) { gil_leave(); }
static void describe(void *unused, const uintptr_t *threads, size_t count,
                     void (*tell)(void *to, size_t which, const char *text), void *to) {}

static void pass(void *unused) {
    gil_leave();
    gil_take();
}

static int unlocked;

static void *unlock_another(void *unused) {
    static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    __atomic_store_n(&unlocked, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* An OS thread does, while the lock is being learnt from the example. */
static void let_another_be_unlocked(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, unlock_another, NULL);
    pthread_detach(thread);
    while (!__atomic_load_n(&unlocked, __ATOMIC_ACQUIRE)) continue;
}

static int start(void **state) {
    if (start_runtime(state) < 0) return -1;
    gil_take();
    before_unlock = let_another_be_unlocked;
    gr_preempt_with(
        &(gr_preempter){.hold = hold, .release = release, .describe = describe, .pass = pass});
    before_unlock = NULL;
    gil_leave();
    return 0;
}

/* ---- the places ---- */

static volatile uint64_t sink;

static void compute(int64_t length) {
    int64_t due = clock_after(length);
    while (clock_now() < due) sink++;
}

/* Each of these is a place of its own. */
static __attribute__((noinline)) void call_a_slow_one(void) {
    gil_leave();
    compute(SPELL);
    gil_take();
}

static __attribute__((noinline)) void call_a_quick_one(void) {
    gil_leave();
    gil_take();
}

static __attribute__((noinline)) void call_one_that_changes(int64_t length) {
    gil_leave();
    compute(length);
    gil_take();
}

static unsigned long moves(void) { return runtime_stats().site_moves; }

/* Between two calls it waits for time, as a request does for its database: hand-off is for those
 * who do not. */
static void *call_it_until_it_is_learnt(void *call) {
    unsigned long before = moves();
    int64_t due = clock_after(PATIENCE);
    while (moves() == before && clock_now() < due) {
        gil_take();
        ((void (*)(void))call)();
        gil_leave();
        time_wait(clock_after(NS_PER_MS));
    }
    return (void *)(uintptr_t)(moves() - before);
}

static uintptr_t run(void *(*fn)(void *), void *arg) {
    void *result;
    assert_int_equal(gr_join(gr_spawn(fn, arg), &result), 0);
    return (uintptr_t)result;
}

static void a_place_that_keeps_stalling_is_learnt(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    assert_int_not_equal(run(call_it_until_it_is_learnt, call_a_slow_one), 0);
}

static void *call_a_quick_one_often(void *unused) {
    unsigned long before = moves();
    for (int i = 0; i < 2000; i++) {
        gil_take();
        call_a_quick_one();
        gil_leave();
    }
    return (void *)(uintptr_t)(moves() - before);
}

static void a_quick_place_is_not(void **state) {
    assert_int_equal(run(call_a_quick_one_often, NULL), 0);
}

/* So many places that some stand in the way of others. */
#define PLACE(number)                                            \
    static __attribute__((noinline)) void place_##number(void) { \
        gil_leave();                                             \
        compute(SPELL);                                          \
        sink += 0##number;                                       \
        gil_take();                                              \
    }
#define EIGHT(ROW, OF) \
    OF(ROW##0) OF(ROW##1) OF(ROW##2) OF(ROW##3) OF(ROW##4) OF(ROW##5) OF(ROW##6) OF(ROW##7)
#define PLACES(OF) EIGHT(0, OF) EIGHT(1, OF) EIGHT(2, OF) EIGHT(3, OF) EIGHT(4, OF)
#define LISTED(number) place_##number,

PLACES(PLACE)
static void (*const places[])(void) = {PLACES(LISTED)};

static void a_place_that_stands_in_the_way_of_another_is_forgotten(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_int_not_equal(run(call_it_until_it_is_learnt, places[i]), 0);
}

static volatile bool told;
static int64_t patience = SPELL;

/* Is outside the lock until somebody else has run. */
static __attribute__((noinline)) void wait_to_be_told(void) {
    gil_leave();
    int64_t due = clock_after(patience);
    while (!told && clock_now() < due) sink++;
    gil_take();
}

static void *tell(void *unused) {
    told = true;
    return NULL;
}

static void *be_told(void *unused) {
    patience = PATIENCE;
    gr_green *other = gr_spawn(tell, NULL);
    unsigned long handoffs = runtime_stats().handoffs, before = moves();
    gil_take();
    wait_to_be_told();
    gil_leave();
    bool at_once = told && moves() > before && runtime_stats().handoffs == handoffs;
    gr_join(other, NULL);
    return (void *)(uintptr_t)at_once;
}

static void the_others_go_on_beside_a_learnt_place(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    assert_int_not_equal(run(call_it_until_it_is_learnt, wait_to_be_told), 0);
    assert_true(run(be_told, NULL));
}

static void slowly(void) { call_one_that_changes(SPELL); }

static void *call_it_until_it_is_forgotten(void *unused) {
    for (int i = 0; i < 1000; i++) {
        unsigned long before = moves();
        gil_take();
        call_one_that_changes(0);
        gil_leave();
        if (moves() == before) return (void *)1;
        gr_yield();
    }
    return NULL;
}

static void a_place_that_has_become_quick_is_forgotten(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    assert_int_not_equal(run(call_it_until_it_is_learnt, slowly), 0);
    assert_true(run(call_it_until_it_is_forgotten, NULL));
}

static __attribute__((noinline)) void call_one_that_comes_to_wait(bool waits) {
    gil_leave();
    if (waits)
        time_wait(clock_after(NS_PER_MS));
    else
        compute(SPELL);
    gil_take();
}

static void without_waiting(void) { call_one_that_comes_to_wait(false); }

static void *wait_there_until_it_is_forgotten(void *unused) {
    for (int i = 0; i < 1000; i++) {
        unsigned long before = moves();
        gil_take();
        call_one_that_comes_to_wait(true);
        gil_leave();
        if (moves() == before) return (void *)1;
    }
    return NULL;
}

/* Who waits in a hook keeps nobody. */
static void a_place_that_has_come_to_wait_is_forgotten(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    assert_int_not_equal(run(call_it_until_it_is_learnt, without_waiting), 0);
    assert_true(run(wait_there_until_it_is_forgotten, NULL));
}

static void *end_outside_the_lock(void *unused) {
    gil_take();
    gil_leave();
    return green_self();
}

static void *look_where_it_is(void *green) {
    return (void *)(uintptr_t)(green_self() == green && !green_self()->site);
}

static void a_new_thread_has_not_left_the_lock(void **state) {
    uintptr_t green = run(end_outside_the_lock, NULL);
    assert_true(run(look_where_it_is, (void *)green));
}

/* ---- whose turn it is ---- */

static char order[3];

static void note(char who) { order[strlen(order)] = who; }

enum { ASKED = 3 };
static volatile int rounds;

/* As CPython does, which asks the holder of its lock after each 5 ms; the last time it waits on. */
static void *take_it_in_rounds(void *unused) {
    pthread_mutex_lock(&gil.mutex);
    for (rounds = 0; gil.taken; rounds++) {
        struct timespec due;
        clock_gettime(CLOCK_MONOTONIC, &due);
        due.tv_nsec += rounds < ASKED ? 10 * NS_PER_MS : 0;
        due.tv_sec += due.tv_nsec / NS_PER_S + (rounds < ASKED ? 0 : PATIENCE / NS_PER_S);
        due.tv_nsec %= NS_PER_S;
        pthread_cond_clockwait(&gil.cond, &gil.mutex, CLOCK_MONOTONIC, &due);
    }
    gil.taken = true;
    pthread_mutex_unlock(&gil.mutex);
    note('a');
    gil_leave();
    return NULL;
}

static void *take_it(void *unused) {
    gil_take();
    note('b');
    gil_leave();
    return NULL;
}

/* Until the rounds are over, and then until it waits again. */
static void let_rounds_pass(void) {
    while (rounds < ASKED) time_wait(clock_after(NS_PER_MS));
    time_wait(clock_after(NS_PER_MS));
}

/* One that has woken for no reason, or has given way, does not wait when the lock is left. */
static void without_wakes_for_no_reason(void) {
    without_fault(FAULT_SPURIOUS);
    without_fault(FAULT_YIELD);
}

static void who_asks_for_the_lock_again_keeps_its_place(void **state) {
    without_wakes_for_no_reason();
    memset(order, 0, sizeof order);
    gil_take();
    gr_green *first = gr_spawn(take_it_in_rounds, NULL);
    gr_green *second = gr_spawn(take_it, NULL);
    let_rounds_pass();
    gil_leave();
    gr_join(first, NULL);
    gr_join(second, NULL);
    assert_string_equal(order, "ab");
}

static void who_waited_for_the_lock_has_it_before_who_comes_along(void **state) {
    without_wakes_for_no_reason();
    memset(order, 0, sizeof order);
    gil_take();
    gr_green *waiting = gr_spawn(take_it_in_rounds, NULL);
    let_rounds_pass();
    gr_green *ready = gr_spawn(take_it, NULL);
    gil_leave();
    gr_join(waiting, NULL);
    gr_join(ready, NULL);
    assert_string_equal(order, "ab");
}

/* ---- no kernel task left ---- */

enum { CARRIERS_MAX = 1024 };

static int occupied, vacated;

static void *occupy_a_kernel_task(void *unused) {
    if (!carrier_offload_begin()) return NULL;
    __atomic_add_fetch(&occupied, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&vacated, __ATOMIC_ACQUIRE))
        sys(SYS_futex, &vacated, FUTEX_WAIT_PRIVATE, 0, NULL);
    carrier_offload_end();
    return NULL;
}

static void vacate(void) {
    __atomic_store_n(&vacated, 1, __ATOMIC_RELEASE);
    sys(SYS_futex, &vacated, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static void *vacate_in_the_end(void *unused) {
    int64_t due = clock_after(PATIENCE);
    while (!__atomic_load_n(&vacated, __ATOMIC_ACQUIRE) && clock_now() < due)
        sys_pause(20 * NS_PER_MS);
    vacate();
    return NULL;
}

static void *call_it_before_they_are_vacated(void *unused) {
    gil_take();
    call_a_slow_one();
    gil_leave();
    return (void *)(uintptr_t)!__atomic_load_n(&vacated, __ATOMIC_ACQUIRE);
}

static void nobody_waits_for_a_kernel_task_to_leave_a_learnt_place(void **state) {
    without_fault(FAULT_HANDOFF); /* nothing is learnt */
    assert_int_not_equal(run(call_it_until_it_is_learnt, call_a_slow_one), 0);
    gr_green *green[CARRIERS_MAX - 1];
    for (int i = 0; i < CARRIERS_MAX - 1; i++) green[i] = gr_spawn(occupy_a_kernel_task, NULL);
    int64_t due = clock_after(PATIENCE);
    while (__atomic_load_n(&occupied, __ATOMIC_ACQUIRE) < CARRIERS_MAX - 1 && clock_now() < due)
        time_wait(clock_after(NS_PER_MS));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, vacate_in_the_end, NULL), 0);
    bool in_time = run(call_it_before_they_are_vacated, NULL);
    vacate();
    for (int i = 0; i < CARRIERS_MAX - 1; i++) gr_join(green[i], NULL);
    pthread_join(thread, NULL);
    assert_int_equal(occupied, CARRIERS_MAX - 1);
    assert_true(in_time);
}

/* ---- all at once ---- */

enum { WORKERS = 8, ROUNDS = 60 };

static int counter;

static void *mix(void *arg) {
    for (int i = 0; i < ROUNDS; i++) {
        gil_take();
        int before = counter;
        if ((i + (int)(uintptr_t)arg) % 3)
            call_a_slow_one();
        else
            call_a_quick_one();
        before = counter;
        sink++;
        counter = before + 1;
        gil_leave();
        if (i % 4 == 0) time_wait(clock_after(NS_PER_MS));
    }
    return NULL;
}

static void the_lock_holds_while_places_are_learnt(void **state) {
    gr_green *green[WORKERS];
    counter = 0;
    for (uintptr_t i = 0; i < WORKERS; i++) green[i] = gr_spawn(mix, (void *)i);
    for (int i = 0; i < WORKERS; i++) assert_int_equal(gr_join(green[i], NULL), 0);
    assert_int_equal(counter, WORKERS * ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_that_keeps_stalling_is_learnt),
        cmocka_unit_test(a_quick_place_is_not),
        cmocka_unit_test(a_place_that_stands_in_the_way_of_another_is_forgotten),
        cmocka_unit_test(the_others_go_on_beside_a_learnt_place),
        cmocka_unit_test(a_place_that_has_become_quick_is_forgotten),
        cmocka_unit_test(a_place_that_has_come_to_wait_is_forgotten),
        cmocka_unit_test(a_new_thread_has_not_left_the_lock),
        cmocka_unit_test(who_asks_for_the_lock_again_keeps_its_place),
        cmocka_unit_test(who_waited_for_the_lock_has_it_before_who_comes_along),
        cmocka_unit_test(nobody_waits_for_a_kernel_task_to_leave_a_learnt_place),
        cmocka_unit_test(the_lock_holds_while_places_are_learnt),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
