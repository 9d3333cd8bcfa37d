/* Locks between green threads and OS threads, in both directions. What would be a lost wake-up is a
 * test that does not end. */
#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 100000, SHORT_ROUNDS = 2000 };

/* pthread_create makes OS threads here, as nobody has shown an example of another kind. */
static void play_with_os_thread(void *(*mine)(void *), void *(*theirs)(void *), void *arg) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, theirs, arg), 0);
    gr_join(gr_spawn(mine, arg), NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void play_with_green_thread(void *(*mine)(void *), void *(*theirs)(void *), void *arg) {
    gr_green *a = gr_spawn(mine, arg), *b = gr_spawn(theirs, arg);
    gr_join(a, NULL);
    gr_join(b, NULL);
}

/* ---- semaphores ---- */

static sem_t ping, pong;

static void *serve(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        sem_post(&ping);
        sem_wait(&pong);
    }
    return NULL;
}

static void *answer(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return NULL;
}

static void semaphores_carry_every_post(void **state) {
    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    play_with_green_thread(serve, answer, NULL);
    play_with_os_thread(serve, answer, NULL);
    int value;
    sem_getvalue(&ping, &value);
    assert_int_equal(value, 0);
}

static void a_timed_wait_for_a_semaphore_ends(void **state) {
    sem_t sem;
    sem_init(&sem, 0, 0);
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 20000000;
    if (at.tv_nsec >= NS_PER_S) at = (struct timespec){at.tv_sec + 1, at.tv_nsec - NS_PER_S};
    int64_t begin = gr_now();
    assert_int_equal(sem_timedwait(&sem, &at), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(gr_now() - begin >= 19 * NS_PER_MS);
}

static void *post_shared(void *sem) {
    usleep(2000);
    sem_post(sem);
    return NULL;
}

static void a_shared_semaphore_is_posted_by_another_process(void **state) {
    sem_t *sem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(sem, 1, 0);
    gr_green *poster = gr_spawn(post_shared, sem);
    assert_int_equal(sem_wait(sem), 0);
    gr_join(poster, NULL);
    if (fork() == 0) {
        usleep(2000);
        sem_post(sem);
        _exit(0);
    }
    assert_int_equal(sem_wait(sem), 0);
    munmap(sem, 4096);
}

/* ---- mutexes and condition variables ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, inside, worst;

static void *count_under_lock(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        if (++inside > worst) worst = inside;
        if (i % 64 == 0) gr_yield();
        turn++;
        inside--;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void a_mutex_lets_one_in_at_a_time(void **state) {
    turn = worst = 0;
    play_with_green_thread(count_under_lock, count_under_lock, NULL);
    play_with_os_thread(count_under_lock, count_under_lock, NULL);
    assert_int_equal(turn, 4 * ROUNDS);
    assert_int_equal(worst, 1);
}

static void *take_turns(void *rounds, int mine) {
    for (int i = 0; i < *(int *)rounds; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != mine) pthread_cond_wait(&changed, &mutex);
        turn = !mine;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *turn_even(void *rounds) { return take_turns(rounds, 0); }
static void *turn_odd(void *rounds) { return take_turns(rounds, 1); }

static void condition_variables_lose_no_signal(void **state) {
    int rounds = ROUNDS;
    turn = 0;
    play_with_green_thread(turn_even, turn_odd, &rounds);
    play_with_os_thread(turn_even, turn_odd, &rounds);
}

static void *wait_for_three(void *unused) {
    pthread_mutex_lock(&mutex);
    while (turn != 3) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void a_broadcast_reaches_green_and_os_threads(void **state) {
    turn = 0;
    pthread_t threads[4];
    gr_green *green[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, wait_for_three, NULL);
        green[i] = gr_spawn(wait_for_three, NULL);
    }
    usleep(2000);
    pthread_mutex_lock(&mutex);
    turn = 3;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 4; i++) {
        gr_join(green[i], NULL);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void a_timed_wait_for_a_condition_ends(void **state) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_t never;
    pthread_cond_init(&never, &attributes);
    int64_t due = gr_now() + 20 * NS_PER_MS;
    struct timespec at = {due / NS_PER_S, due % NS_PER_S};
    pthread_mutex_lock(&mutex);
    assert_int_equal(pthread_cond_timedwait(&never, &mutex, &at), ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    assert_true(gr_now() >= due);
    pthread_cond_destroy(&never);
}

/* ---- kinds of mutexes ---- */

static void init_mutex(pthread_mutex_t *made, int type, int protocol, int robust) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutex_init(made, &attributes);
}

static void *lock_it(void *mutex_given) {
    intptr_t error = pthread_mutex_lock(mutex_given);
    if (!error) pthread_mutex_unlock(mutex_given);
    return (void *)error;
}

static void a_recursive_mutex_knows_its_green_owner(void **state) {
    pthread_mutex_t recursive;
    init_mutex(&recursive, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
    assert_int_equal(pthread_mutex_lock(&recursive), 0);
    assert_int_equal(pthread_mutex_lock(&recursive), 0);
    gr_green *other = gr_spawn(lock_it, &recursive);
    gr_yield();
    assert_int_equal(pthread_mutex_unlock(&recursive), 0);
    gr_yield();
    assert_int_equal(pthread_mutex_unlock(&recursive), 0);
    void *error;
    gr_join(other, &error);
    assert_null(error);
    assert_int_equal(pthread_mutex_unlock(&recursive), EPERM);
}

static void *lock_twice(void *checking) {
    pthread_mutex_lock(checking);
    intptr_t error = pthread_mutex_lock(checking);
    pthread_mutex_unlock(checking);
    return (void *)error;
}

static void an_error_checking_mutex_refuses_its_owner(void **state) {
    pthread_mutex_t checking;
    init_mutex(&checking, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
    assert_int_equal((intptr_t)lock_twice(&checking), EDEADLK);
    void *error;
    gr_join(gr_spawn(lock_twice, &checking), &error);
    assert_int_equal((intptr_t)error, EDEADLK);
}

static void *count_slowly(void *lock) {
    for (int i = 0; i < SHORT_ROUNDS; i++) {
        pthread_mutex_lock(lock);
        turn++;
        if (i % 64 == 0) gr_yield();
        pthread_mutex_unlock(lock);
    }
    return NULL;
}

static void inheriting_and_robust_mutexes_work_between_both_sorts(void **state) {
    pthread_mutex_t inheriting, robust;
    init_mutex(&inheriting, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
    init_mutex(&robust, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
    turn = 0;
    play_with_os_thread(count_slowly, count_slowly, &inheriting);
    play_with_os_thread(count_slowly, count_slowly, &robust);
    assert_int_equal(turn, 4 * SHORT_ROUNDS);
}

static void *keep_locked(void *robust) { return (void *)(intptr_t)pthread_mutex_lock(robust); }

static void *recover(void *robust) {
    intptr_t error = pthread_mutex_lock(robust);
    if (error == EOWNERDEAD) pthread_mutex_consistent(robust);
    pthread_mutex_unlock(robust);
    return (void *)error;
}

static void a_robust_mutex_outlives_the_green_thread_that_held_it(void **state) {
    pthread_mutex_t robust[2];
    for (int i = 0; i < 2; i++) {
        init_mutex(&robust[i], PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
        void *error;
        gr_join(gr_spawn(keep_locked, &robust[i]), NULL);
        gr_join(gr_spawn(recover, &robust[i]), &error);
        assert_int_equal((intptr_t)error, EOWNERDEAD);
        gr_join(gr_spawn(recover, &robust[i]), &error);
        assert_int_equal((intptr_t)error, 0);
    }
}

/* ---- others ---- */

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int readers, writers;

static void *read_and_write(void *unused) {
    for (int i = 0; i < SHORT_ROUNDS; i++) {
        pthread_rwlock_rdlock(&rwlock);
        if (__atomic_load_n(&writers, __ATOMIC_SEQ_CST)) worst++;
        if (i % 16 == 0) gr_yield();
        pthread_rwlock_unlock(&rwlock);
        pthread_rwlock_wrlock(&rwlock);
        if (__atomic_add_fetch(&writers, 1, __ATOMIC_SEQ_CST) != 1) worst++;
        if (i % 16 == 0) gr_yield();
        __atomic_sub_fetch(&writers, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

static void a_writer_has_the_rwlock_to_itself(void **state) {
    worst = readers = writers = 0;
    play_with_green_thread(read_and_write, read_and_write, NULL);
    play_with_os_thread(read_and_write, read_and_write, NULL);
    assert_int_equal(worst, 0);
    pthread_rwlock_wrlock(&rwlock);
    assert_int_equal(pthread_rwlock_wrlock(&rwlock), EDEADLK);
    pthread_rwlock_unlock(&rwlock);
}

static pthread_barrier_t barrier;
static int serial;

static void *meet(void *unused) {
    for (int i = 0; i < SHORT_ROUNDS; i++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void a_barrier_lets_all_go_and_names_one(void **state) {
    pthread_t threads[2];
    gr_green *green[3];
    pthread_barrier_init(&barrier, NULL, 5);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, meet, NULL);
    for (int i = 0; i < 3; i++) green[i] = gr_spawn(meet, NULL);
    for (int i = 0; i < 3; i++) gr_join(green[i], NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    assert_int_equal(serial, SHORT_ROUNDS);
    assert_int_equal(pthread_barrier_destroy(&barrier), 0);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;

static void initialise_slowly(void) {
    usleep(5000);
    initialised++;
}

static void *need_it(void *unused) {
    pthread_once(&once, initialise_slowly);
    return (void *)(intptr_t)initialised;
}

static void an_initialiser_that_parks_is_waited_for(void **state) {
    gr_green *green[4];
    for (int i = 0; i < 4; i++) green[i] = gr_spawn(need_it, NULL);
    for (int i = 0; i < 4; i++) {
        void *seen;
        gr_join(green[i], &seen);
        assert_int_equal((intptr_t)seen, 1);
    }
}

static pthread_spinlock_t spin;

static void *hold_spin(void *unused) {
    pthread_spin_lock(&spin);
    usleep(2000);
    pthread_spin_unlock(&spin);
    return NULL;
}

static void spinning_lets_the_holder_run(void **state) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    play_with_green_thread(hold_spin, hold_spin, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semaphores_carry_every_post),
        cmocka_unit_test(a_timed_wait_for_a_semaphore_ends),
        cmocka_unit_test(a_shared_semaphore_is_posted_by_another_process),
        cmocka_unit_test(a_mutex_lets_one_in_at_a_time),
        cmocka_unit_test(condition_variables_lose_no_signal),
        cmocka_unit_test(a_broadcast_reaches_green_and_os_threads),
        cmocka_unit_test(a_timed_wait_for_a_condition_ends),
        cmocka_unit_test(a_recursive_mutex_knows_its_green_owner),
        cmocka_unit_test(an_error_checking_mutex_refuses_its_owner),
        cmocka_unit_test(inheriting_and_robust_mutexes_work_between_both_sorts),
        cmocka_unit_test(a_robust_mutex_outlives_the_green_thread_that_held_it),
        cmocka_unit_test(a_writer_has_the_rwlock_to_itself),
        cmocka_unit_test(a_barrier_lets_all_go_and_names_one),
        cmocka_unit_test(an_initialiser_that_parks_is_waited_for),
        cmocka_unit_test(spinning_lets_the_holder_run),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
