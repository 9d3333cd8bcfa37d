/* Time limits of locks, joins and futexes: past, impossible, or on a clock that is not known. */
#include "differential.h"

#include <linux/futex.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>

static struct timespec past = {1, 0}, negative = {-1, 0}, impossible = {0, NS_PER_S};

enum { NO_CLOCK = 42 };

static void limit_semaphores(struct record *record) {
    sem_t sem;
    sem_init(&sem, 0, 1);
    SAME(sem_timedwait(&sem, &impossible));
    SAME(sem_timedwait(&sem, &past));
    SAME(sem_timedwait(&sem, &past));
    SAME(sem_timedwait(&sem, &negative));
    SAME(sem_timedwait(&sem, &impossible));
    SAME(sem_clockwait(&sem, NO_CLOCK, &past));
    SAME(sem_clockwait(&sem, CLOCK_MONOTONIC, &past));
}

static void semaphores_take_the_same_limits(void **state) { assert_same_on_both(limit_semaphores); }

static void init_of_kind(pthread_mutex_t *mutex, int kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(mutex, &attributes);
}

static void limit_mutexes(struct record *record) {
    pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, checking, recursive;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    SAME(pthread_mutex_timedlock(&plain, &impossible));
    SAME(pthread_mutex_timedlock(&plain, &impossible));
    SAME(pthread_mutex_timedlock(&plain, &negative));
    SAME(pthread_mutex_timedlock(&plain, &past));
    SAME(pthread_mutex_clocklock(&plain, CLOCK_MONOTONIC, &past));
    SAME(pthread_mutex_clocklock(&plain, NO_CLOCK, &past));
    SAME(pthread_cond_timedwait(&cond, &plain, &impossible));
    SAME(pthread_cond_timedwait(&cond, &plain, &negative));
    SAME(pthread_cond_timedwait(&cond, &plain, &past));
    SAME(pthread_cond_clockwait(&cond, &plain, NO_CLOCK, &past));
    pthread_mutex_unlock(&plain);

    init_of_kind(&checking, PTHREAD_MUTEX_ERRORCHECK);
    SAME(pthread_mutex_unlock(&checking));
    SAME(pthread_cond_timedwait(&cond, &checking, &past));
    SAME(pthread_mutex_lock(&checking));
    SAME(pthread_mutex_lock(&checking));
    SAME(pthread_mutex_timedlock(&checking, &impossible));
    init_of_kind(&recursive, PTHREAD_MUTEX_RECURSIVE);
    SAME(pthread_mutex_lock(&recursive));
    SAME(pthread_mutex_timedlock(&recursive, &impossible));
    SAME(pthread_mutex_unlock(&recursive));
    SAME(pthread_mutex_unlock(&recursive));
    SAME(pthread_mutex_unlock(&recursive));
}

static void mutexes_and_conditions_take_the_same_limits(void **state) {
    assert_same_on_both(limit_mutexes);
}

static void limit_rwlocks(struct record *record) {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    SAME(pthread_rwlock_timedrdlock(&lock, &impossible));
    SAME(pthread_rwlock_timedwrlock(&lock, &impossible));
    SAME(pthread_rwlock_clockwrlock(&lock, NO_CLOCK, &past));
    SAME(pthread_rwlock_wrlock(&lock));
    SAME(pthread_rwlock_rdlock(&lock));
    SAME(pthread_rwlock_wrlock(&lock));
    SAME(pthread_rwlock_timedrdlock(&lock, &past));
    SAME(pthread_rwlock_unlock(&lock));
    SAME(pthread_rwlock_rdlock(&lock));
    SAME(pthread_rwlock_timedwrlock(&lock, &past));
    SAME(pthread_rwlock_timedwrlock(&lock, &negative));
    SAME(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &past));
    SAME(pthread_rwlock_unlock(&lock));
    SAME(pthread_rwlock_unlock(&lock));
}

static void rwlocks_take_the_same_limits(void **state) { assert_same_on_both(limit_rwlocks); }

static void *sleep_a_little(void *unused) {
    usleep(SOON_US);
    return (void *)7;
}

static void *wait_for_leave(void *leave) {
    sem_wait(leave);
    return (void *)7;
}

static void limit_joins(struct record *record) {
    pthread_t thread;
    void *result;
    sem_t leave;
    sem_init(&leave, 0, 0);
    pthread_create(&thread, NULL, wait_for_leave, &leave);
    SAME(pthread_tryjoin_np(thread, &result));
    SAME(pthread_timedjoin_np(thread, &result, &past));
    SAME(pthread_timedjoin_np(thread, &result, &negative));
    SAME(pthread_timedjoin_np(thread, &result, &impossible));
    sem_post(&leave);
    SAME(pthread_join(thread, &result));
    SAME((intptr_t)result);
    pthread_create(&thread, NULL, sleep_a_little, NULL);
    SAME(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, NULL));
    SAME(pthread_tryjoin_np(pthread_self(), NULL));
}

static void joins_take_the_same_limits(void **state) { assert_same_on_both(limit_joins); }

/* ---- futexes ---- */

static int word, other_word;

static long futex(int operation, int value, const struct timespec *limit, unsigned last) {
    return syscall(SYS_futex, &word, operation, value, limit, &other_word, last);
}

static void wake_until_somebody_is(int operation) {
    while (futex(operation, 1, NULL, FUTEX_BITSET_MATCH_ANY) == 0) usleep(500);
}

static void limit_futexes(struct record *record) {
    struct timespec length = {0, 3 * NS_PER_MS};
    word = other_word = 0;
    SAME(futex(FUTEX_WAIT_PRIVATE, 1, NULL, 0));
    SAME(futex(FUTEX_WAIT, 1, NULL, 0));
    SAME(futex(FUTEX_WAIT_PRIVATE, 0, &length, 0));
    SAME(futex(FUTEX_WAIT, 0, &length, 0));
    SAME(futex(FUTEX_WAIT_PRIVATE, 0, &impossible, 0));
    SAME(futex(FUTEX_WAIT_PRIVATE, 0, &negative, 0));
    SAME(futex(FUTEX_WAIT_BITSET_PRIVATE, 0, &past, FUTEX_BITSET_MATCH_ANY));
    SAME(futex(FUTEX_WAIT_BITSET_PRIVATE, 0, &past, 0));
    SAME(futex(FUTEX_WAIT_BITSET_PRIVATE, 0, &past, 4));
    SAME(futex(FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &past, 1));
    SAME(futex(FUTEX_WAKE_PRIVATE, 5, NULL, 0));
    SAME(futex(FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, 0));
    SAME(syscall(SYS_futex, &word, FUTEX_REQUEUE_PRIVATE, 1, 2, &other_word, 0));
    SAME(syscall(SYS_futex, &word, FUTEX_REQUEUE_PRIVATE, 1, -2, &other_word, 0));
    SAME(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &other_word, 77));
    SAME(syscall(SYS_futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &other_word,
                 FUTEX_OP(FUTEX_OP_SET, 9, FUTEX_OP_CMP_EQ, 0)));
    SAME(other_word);
    SAME(futex(99, 0, NULL, 0));
    SAME(syscall(SYS_futex_waitv, NULL, 1, 0, NULL, 0));
    SAME(syscall(9999));
}

static void wait_for_wakes(struct record *record) {
    const int operations[][2] = {{FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE},
                                 {FUTEX_WAIT, FUTEX_WAKE},
                                 {FUTEX_WAIT_BITSET_PRIVATE, FUTEX_WAKE_BITSET_PRIVATE},
                                 {FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET}};
    struct later later;
    word = 0;
    for (int i = 0; i < 4; i++) {
        later_start(&later, wake_until_somebody_is, operations[i][1]);
        SAME(futex(operations[i][0], 0, NULL, FUTEX_BITSET_MATCH_ANY));
        later_end(&later);
    }
}

static void futexes_take_the_same_limits(void **state) {
    without_fault(FAULT_SPURIOUS); /* one that has woken for no reason does not wait again */
    assert_same_on_both(limit_futexes);
    assert_same_on_both(wait_for_wakes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semaphores_take_the_same_limits),
        cmocka_unit_test(mutexes_and_conditions_take_the_same_limits),
        cmocka_unit_test(rwlocks_take_the_same_limits),
        cmocka_unit_test(joins_take_the_same_limits),
        cmocka_unit_test(futexes_take_the_same_limits),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
