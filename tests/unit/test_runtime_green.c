/* Green threads: identity, spawn and join, pooling, fork. */
#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/park.h"

enum { MANY = 1000 };

static __thread int own = 5;

static void *doubled(void *arg) {
    own++;
    for (int i = 0; i < 3; i++) gr_yield();
    return (void *)(2 * (intptr_t)arg * (own == 6));
}

static void a_spawned_green_thread_returns_its_result_to_join(void **state) {
    gr_green *green[MANY];
    for (intptr_t i = 0; i < MANY; i++) assert_non_null(green[i] = gr_spawn(doubled, (void *)i));
    for (intptr_t i = 0; i < MANY; i++) {
        void *result;
        assert_int_equal(gr_join(green[i], &result), 0);
        assert_int_equal((intptr_t)result, 2 * i);
    }
    assert_int_equal(own, 5);
}

static void *itself(void *arg) {
    *(pthread_t *)arg = pthread_self();
    return pthread_equal(pthread_self(), green_self()->thread) ? arg : NULL;
}

static void each_green_thread_is_a_pthread_of_its_own(void **state) {
    pthread_t first, second;
    gr_green *a = gr_spawn(itself, &first), *b = gr_spawn(itself, &second);
    void *result;
    gr_join(a, &result);
    assert_ptr_equal(result, &first);
    gr_join(b, &result);
    assert_ptr_equal(result, &second);
    assert_false(pthread_equal(first, second));
    assert_false(pthread_equal(first, pthread_self()));
}

static void *errno_survives(void *arg) {
    errno = (int)(intptr_t)arg;
    gr_yield();
    return (void *)(intptr_t)(errno == (int)(intptr_t)arg);
}

static void errno_survives_a_switch(void **state) {
    gr_green *a = gr_spawn(errno_survives, (void *)EAGAIN);
    gr_green *b = gr_spawn(errno_survives, (void *)ENOENT);
    void *result;
    gr_join(a, &result);
    assert_true(result);
    gr_join(b, &result);
    assert_true(result);
}

static void *recursive_lock(void *arg) {
    pthread_mutex_t *mutex = arg;
    if (pthread_mutex_lock(mutex) || pthread_mutex_lock(mutex)) return NULL;
    gr_yield(); /* the other one must find it taken */
    pthread_mutex_unlock(mutex);
    pthread_mutex_unlock(mutex);
    return arg;
}

static void *try_lock(void *arg) { return (void *)(intptr_t)pthread_mutex_trylock(arg); }

static void recursive_mutexes_know_green_threads_apart(void **state) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    gr_green *a = gr_spawn(recursive_lock, &mutex), *b = gr_spawn(try_lock, &mutex);
    void *result;
    gr_join(b, &result);
    assert_int_equal((intptr_t)result, EBUSY);
    gr_join(a, &result);
    assert_non_null(result);
}

static void *join_me(void *arg) { return (void *)(intptr_t)(gr_join(arg, NULL) ? errno : 0); }

static void joining_oneself_fails_with_edeadlk(void **state) {
    gr_green *handle[1] = {NULL};
    handle[0] = gr_spawn(join_me, NULL);
    struct green *green = (struct green *)handle[0];
    green->arg = green;
    void *result;
    gr_join(handle[0], &result);
    assert_int_equal((intptr_t)result, EDEADLK);
}

static void *sleeper(void *arg) {
    enum wait_result result = time_wait(clock_after((intptr_t)arg * NS_PER_MS));
    return (void *)(intptr_t)result;
}

static void joining_past_the_deadline_fails_with_etimedout_and_does_not_join(void **state) {
    gr_green *green = gr_spawn(sleeper, (void *)60);
    gr_deadline_set(gr_now() + 10 * NS_PER_MS);
    assert_int_equal(gr_join(green, NULL), -1);
    assert_int_equal(errno, ETIMEDOUT);
    gr_deadline_set(0);
    void *result;
    assert_int_equal(gr_join(green, &result), 0);
    assert_int_equal((intptr_t)result, WAIT_TIMED_OUT);
}

static void a_spawned_green_thread_inherits_the_deadline(void **state) {
    gr_deadline_set(gr_now() + 10 * NS_PER_MS);
    gr_green *green = gr_spawn(sleeper, (void *)5000);
    gr_deadline_set(0);
    void *result;
    gr_join(green, &result);
    assert_int_equal((intptr_t)result, WAIT_EXPIRED);
}

static void sleeps_run_side_by_side(void **state) {
    gr_green *green[MANY];
    int64_t begin = clock_now();
    for (int i = 0; i < MANY; i++) green[i] = gr_spawn(sleeper, (void *)100);
    for (int i = 0; i < MANY; i++) gr_join(green[i], NULL);
    int64_t took = clock_now() - begin;
    assert_in_range(took, 100 * NS_PER_MS, 1000 * (int64_t)NS_PER_MS);
}

static void finished_green_threads_are_used_again(void **state) {
    unsigned before = runtime_stats().greens;
    for (int i = 0; i < MANY; i++) gr_join(gr_spawn(doubled, NULL), NULL);
    assert_in_range(runtime_stats().greens - before, 0, 1);
}

static void *leave_a_mark(void *arg) {
    int before = own;
    own = 77;
    return (void *)(intptr_t)before;
}

static void a_reused_green_thread_has_fresh_thread_local_variables(void **state) {
    for (int i = 0; i < 5; i++) {
        void *before;
        gr_join(gr_spawn(leave_a_mark, NULL), &before);
        assert_int_equal((intptr_t)before, 5);
    }
}

static int destroyed;
static void count_destroyed(void *value) { destroyed++; }
static pthread_key_t key;

static void *set_key(void *arg) {
    void *before = pthread_getspecific(key);
    pthread_setspecific(key, arg);
    return before;
}

static void the_end_of_a_task_runs_key_destructors(void **state) {
    pthread_key_create(&key, count_destroyed);
    green_key_created(key, count_destroyed);
    for (int i = 0; i < 3; i++) {
        void *before;
        gr_join(gr_spawn(set_key, &key), &before);
        assert_null(before);
        assert_int_equal(destroyed, i + 1);
    }
    green_key_deleted(key);
}

static void *fork_a_child(void *arg) {
    pid_t child = fork();
    if (child == 0) _exit(gr_is_green() || runtime_on ? 1 : 7);
    int status;
    waitpid(child, &status, 0);
    return (void *)(intptr_t)WEXITSTATUS(status);
}

static void a_forked_child_is_an_ordinary_process(void **state) {
    void *result;
    gr_join(gr_spawn(fork_a_child, NULL), &result);
    assert_int_equal((intptr_t)result, 7);
    gr_join(gr_spawn(sleeper, (void *)1), &result);
    assert_int_equal((intptr_t)result, WAIT_TIMED_OUT);
}

static pthread_t main_thread;

static void *move_away_and_back(void *arg) {
    pthread_t before = pthread_self();
    for (int i = 0; i < 200; i++) {
        if (!carrier_offload_begin()) return NULL;
        bool elsewhere = gettid() != green_kernel_tid(green_or_main_of(main_thread));
        carrier_offload_end();
        if (!elsewhere) return NULL;
    }
    return pthread_equal(before, pthread_self()) ? arg : NULL;
}

static void an_offloaded_green_thread_runs_on_another_kernel_task(void **state) {
    gr_green *green[8];
    main_thread = pthread_self();
    for (int i = 0; i < 8; i++) green[i] = gr_spawn(move_away_and_back, &green);
    for (int i = 0; i < 8; i++) {
        void *result;
        gr_join(green[i], &result);
        assert_ptr_equal(result, &green);
    }
}

static void *block_the_task(void *arg) {
    bool moved = carrier_offload_begin();
    usleep(50000);
    if (moved) carrier_offload_end();
    return arg;
}

static void offloaded_calls_block_nobody(void **state) {
    gr_green *green[40];
    int64_t begin = clock_now();
    for (int i = 0; i < 40; i++) green[i] = gr_spawn(block_the_task, NULL);
    for (int i = 0; i < 40; i++) gr_join(green[i], NULL);
    assert_in_range(clock_now() - begin, 50 * NS_PER_MS, 1000 * (int64_t)NS_PER_MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spawned_green_thread_returns_its_result_to_join),
        cmocka_unit_test(each_green_thread_is_a_pthread_of_its_own),
        cmocka_unit_test(errno_survives_a_switch),
        cmocka_unit_test(recursive_mutexes_know_green_threads_apart),
        cmocka_unit_test(joining_oneself_fails_with_edeadlk),
        cmocka_unit_test(joining_past_the_deadline_fails_with_etimedout_and_does_not_join),
        cmocka_unit_test(a_spawned_green_thread_inherits_the_deadline),
        cmocka_unit_test(sleeps_run_side_by_side),
        cmocka_unit_test(finished_green_threads_are_used_again),
        cmocka_unit_test(a_reused_green_thread_has_fresh_thread_local_variables),
        cmocka_unit_test(the_end_of_a_task_runs_key_destructors),
        cmocka_unit_test(a_forked_child_is_an_ordinary_process),
        cmocka_unit_test(an_offloaded_green_thread_runs_on_another_kernel_task),
        cmocka_unit_test(offloaded_calls_block_nobody),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
