/* pthread_create on a green thread, for the threads that gr_threads_like has shown: green ones that
 * a pthread_t stands for. */
#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

/* What an interpreter's start routine gets: which function, and what for it. */
struct start {
    void *(*function)(void *);
    void *arg;
};

static void *start_routine(void *arg) {
    struct start start = *(struct start *)arg;
    free(arg);
    return start.function(start.arg);
}

static void *run_closure(void *arg) { return ((void *(*)(void))arg)(); }

static int start_thread(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*function)(void)) {
    struct start *start = malloc(sizeof *start);
    *start = (struct start){run_closure, (void *)function};
    return pthread_create(thread, attributes, start_routine, start);
}

static void *do_nothing(void) { return NULL; }

static void start_example(void *unused) {
    pthread_t thread;
    start_thread(&thread, NULL, do_nothing);
    pthread_detach(thread);
}

static int learn(void **state) {
    if (start_runtime(state)) return -1;
    return gr_threads_like(start_example, NULL);
}

static void *tell_kind(void) { return gr_is_green() ? (void *)"green" : (void *)"os"; }

static const char *kind_with(const pthread_attr_t *attributes) {
    pthread_t thread;
    void *kind;
    if (start_thread(&thread, attributes, tell_kind)) return "none";
    return pthread_join(thread, &kind) ? "unjoined" : kind;
}

static void threads_like_the_example_are_green(void **state) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    assert_string_equal(kind_with(NULL), "green");
    assert_string_equal(kind_with(&attributes), "green");
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    assert_string_equal(kind_with(&attributes), "green");
}

static void who_asks_for_a_larger_stack_gets_an_os_thread(void **state) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16 << 20);
    assert_string_equal(kind_with(&attributes), "os");
}

static void *say_kind(void *unused) { return tell_kind(); }

static void threads_started_otherwise_are_os_threads(void **state) {
    pthread_t thread;
    void *kind;
    assert_int_equal(pthread_create(&thread, NULL, say_kind, NULL), 0);
    assert_int_equal(pthread_join(thread, &kind), 0);
    assert_string_equal(kind, "os");
}

/* ---- join, detach, exit ---- */

static void *sleep_a_while(void) {
    usleep(20000);
    return (void *)42;
}

static void joining_waits_and_hands_over_the_result(void **state) {
    pthread_t thread;
    void *result;
    assert_int_equal(start_thread(&thread, NULL, sleep_a_while), 0);
    assert_int_equal(pthread_tryjoin_np(thread, &result), EBUSY);
    struct timespec past = {0, 0};
    assert_int_equal(pthread_timedjoin_np(thread, &result, &past), ETIMEDOUT);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal((intptr_t)result, 42);
}

static void *join_self(void) { return (void *)(intptr_t)pthread_join(pthread_self(), NULL); }

static void joining_oneself_is_a_deadlock(void **state) {
    pthread_t thread;
    void *error;
    start_thread(&thread, NULL, join_self);
    pthread_join(thread, &error);
    assert_int_equal((intptr_t)error, EDEADLK);
}

static void a_detached_thread_cannot_be_joined(void **state) {
    pthread_t thread;
    start_thread(&thread, NULL, sleep_a_while);
    assert_int_equal(pthread_detach(thread), 0);
    assert_int_equal(pthread_detach(thread), EINVAL);
    assert_int_equal(pthread_join(thread, NULL), EINVAL);
    usleep(30000);
}

static void *exit_early(void) {
    pthread_exit((void *)7);
    return NULL;
}

static void pthread_exit_ends_the_green_thread_alone(void **state) {
    pthread_t thread;
    void *result;
    start_thread(&thread, NULL, exit_early);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal((intptr_t)result, 7);
}

static char cleaned[8];

static void clean(void *letter) { strcat(cleaned, letter); }

static void exit_from_below(void) {
    pthread_cleanup_push(clean, "a");
    pthread_exit((void *)8);
    pthread_cleanup_pop(0);
}

static void *exit_with_handlers(void) {
    pthread_cleanup_push(clean, "b");
    exit_from_below();
    pthread_cleanup_pop(0);
    return NULL;
}

static void pthread_exit_runs_the_cleanup_handlers_innermost_first(void **state) {
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *result;
        cleaned[0] = '\0';
        start_thread(&thread, NULL, exit_with_handlers);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_int_equal((intptr_t)result, 8);
        assert_string_equal(cleaned, "ab");
    }
}

static void exit_from_handler(int signal) { pthread_exit((void *)10); }

static void *raise_in_thread(void) {
    raise(SIGUSR1);
    return NULL;
}

static void pthread_exit_in_a_signal_handler_leaves_the_signal_to_others(void **state) {
    signal(SIGUSR1, exit_from_handler);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *result;
        start_thread(&thread, NULL, raise_in_thread);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_int_equal((intptr_t)result, 10);
    }
    signal(SIGUSR1, SIG_DFL);
}

static struct green *waiting;

static void *interrupt_once_it_waits(void *unused) {
    while (!waiting || !__atomic_load_n(&waiting->parked, __ATOMIC_ACQUIRE)) usleep(1000);
    kill(getpid(), SIGUSR1);
    return NULL;
}

static void *wait_for_long(void *unused) {
    sleep(10);
    return NULL;
}

/* In a process of its own, whose only thread without blocked signals waits. */
static int exit_while_waiting(void) {
    signal(SIGUSR1, exit_from_handler);
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    if (start_runtime(NULL) < 0) return 1;
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&thread, NULL, interrupt_once_it_waits, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    waiting = green_start(&green_app_pool, wait_for_long, NULL, true);
    green_join(waiting, NEVER, false);
    return 0;
}

static void pthread_exit_in_a_handler_while_all_wait_is_refused(void **state) {
    char *arguments[] = {"test", "exit-while-waiting", NULL};
    pid_t child;
    int status;
    assert_int_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void *exit_as_c11(void) { thrd_exit(9); }

static void thrd_exit_ends_the_green_thread_alone(void **state) {
    pthread_t thread;
    void *result;
    start_thread(&thread, NULL, exit_as_c11);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal((intptr_t)result, 9);
}

static pthread_t joined;

static void *join_the_other(void) { return (void *)(intptr_t)pthread_join(joined, NULL); }

static void a_thread_that_is_being_joined_cannot_be_joined_again(void **state) {
    pthread_t joiner;
    void *error;
    start_thread(&joined, NULL, sleep_a_while);
    start_thread(&joiner, NULL, join_the_other);
    gr_yield();
    assert_int_equal(pthread_join(joined, NULL), EINVAL);
    assert_int_equal(pthread_detach(joined), 0);
    assert_int_equal(pthread_join(joiner, &error), 0);
    assert_int_equal((intptr_t)error, 0);
}

static void *join_it(void *thread) {
    void *result = NULL;
    return pthread_join((pthread_t)thread, &result) ? NULL : result;
}

static void an_os_thread_can_join_a_green_one(void **state) {
    pthread_t green, os;
    void *result;
    start_thread(&green, NULL, sleep_a_while);
    assert_int_equal(pthread_create(&os, NULL, join_it, (void *)green), 0);
    assert_int_equal(pthread_join(os, &result), 0);
    assert_int_equal((intptr_t)result, 42);
}

/* ---- identity ---- */

static void *take_tid(void) { return (void *)syscall(SYS_gettid); }

static void every_green_thread_has_a_tid_of_its_own(void **state) {
    pthread_t threads[2];
    void *tids[2];
    for (int i = 0; i < 2; i++) start_thread(&threads[i], NULL, take_tid);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], &tids[i]);
    assert_ptr_not_equal(tids[0], tids[1]);
    assert_true(carrier_offload_begin()); /* to another kernel task */
    assert_int_equal(gettid(), getpid());
    carrier_offload_end();
}

static void threads_one_after_the_other_have_tids_of_their_own(void **state) {
    enum { COUNT = 5 };
    void *tids[COUNT];
    for (int i = 0; i < COUNT; i++) {
        pthread_t thread;
        start_thread(&thread, NULL, take_tid);
        pthread_join(thread, &tids[i]);
        for (int before = 0; before < i; before++) assert_ptr_not_equal(tids[before], tids[i]);
    }
}

static void *look_at_self(void) {
    pthread_attr_t attributes;
    cpu_set_t set;
    clockid_t clock;
    struct timespec used;
    int policy, here, failures = 0;
    struct sched_param parameters;
    void *stack;
    size_t size;
    failures += pthread_getattr_np(pthread_self(), &attributes) != 0;
    failures += pthread_attr_getstack(&attributes, &stack, &size) != 0;
    failures += (char *)&here < (char *)stack || (char *)&here >= (char *)stack + size;
    failures += pthread_getaffinity_np(pthread_self(), sizeof set, &set) != 0;
    failures += pthread_getschedparam(pthread_self(), &policy, &parameters) != 0;
    failures += pthread_getcpuclockid(pthread_self(), &clock) != 0;
    failures += clock_gettime(clock, &used) != 0;
    return (void *)(intptr_t)failures;
}

static char name_of_child[16];

static void *read_name(void) {
    int error = pthread_getname_np(pthread_self(), name_of_child, sizeof name_of_child);
    return (void *)(intptr_t)error;
}

static void *take_a_name(void) {
    char name[16] = "";
    pthread_t child;
    int failures = 0;
    failures += pthread_setname_np(pthread_self(), "a name") != 0;
    failures += pthread_setname_np(pthread_self(), "a name that is too long") != ERANGE;
    failures += pthread_getname_np(pthread_self(), name, 15) != ERANGE;
    failures += pthread_getname_np(pthread_self(), name, 16) != 0 || strcmp(name, "a name") != 0;
    start_thread(&child, NULL, read_name);
    pthread_join(child, NULL);
    return (void *)(intptr_t)failures;
}

static void a_green_thread_has_a_name_and_hands_it_down(void **state) {
    char before[16], after[16];
    pthread_t thread;
    void *failures;
    pthread_getname_np(pthread_self(), before, sizeof before);
    start_thread(&thread, NULL, take_a_name);
    pthread_join(thread, &failures);
    assert_int_equal((intptr_t)failures, 0);
    assert_string_equal(name_of_child, "a name");
    pthread_getname_np(pthread_self(), after, sizeof after);
    assert_string_equal(before, after);
    start_thread(&thread, NULL, read_name);
    pthread_join(thread, NULL);
    assert_string_equal(name_of_child, before);
}

static void a_green_thread_can_ask_about_itself(void **state) {
    pthread_t thread;
    void *failures;
    start_thread(&thread, NULL, look_at_self);
    pthread_join(thread, &failures);
    assert_int_equal((intptr_t)failures, 0);
}

static void a_running_green_thread_exists_and_cannot_be_cancelled(void **state) {
    pthread_t thread;
    start_thread(&thread, NULL, sleep_a_while);
    assert_int_equal(pthread_kill(thread, 0), 0);
    assert_int_equal(pthread_cancel(thread), ENOTSUP);
    usleep(30000);
    assert_int_equal(pthread_kill(thread, 0), ESRCH);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static int quiet[2]; /* a pipe in which nothing comes but what a test writes */

static void *sleep_long(void) {
    struct timespec length = {.tv_sec = 20};
    return (void *)(intptr_t)(nanosleep(&length, NULL) < 0 ? errno : 0);
}

static void *read_one(void) {
    char byte;
    return (void *)(intptr_t)(read(quiet[0], &byte, 1) < 0 ? errno : 0);
}

static void handle(int signal) {}

static int wait_signalled(void *(*wait)(void), int flags, bool then_write) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags}, before;
    pthread_t thread;
    void *result;
    sigaction(SIGUSR1, &action, &before);
    start_thread(&thread, NULL, wait);
    usleep(5000);
    assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
    usleep(5000);
    if (then_write) assert_int_equal(write(quiet[1], "x", 1), 1);
    pthread_join(thread, &result);
    sigaction(SIGUSR1, &before, NULL);
    return (int)(intptr_t)result;
}

static void a_signal_to_a_green_thread_ends_its_wait(void **state) {
    assert_int_equal(pipe(quiet), 0);
    assert_int_equal(wait_signalled(sleep_long, 0, false), EINTR);
    assert_int_equal(wait_signalled(sleep_long, SA_RESTART, false), EINTR);
    assert_int_equal(wait_signalled(read_one, 0, false), EINTR);
    assert_int_equal(wait_signalled(read_one, SA_RESTART, true), 0);
    close(quiet[0]);
    close(quiet[1]);
}

/* ---- what a thread leaves behind ---- */

static __thread int used = 5;
static pthread_key_t key;
static int destroyed;

static void destroy(void *value) { destroyed += (int)(intptr_t)value; }

static void *use_tls(void) {
    intptr_t clean = used == 5 && pthread_getspecific(key) == NULL;
    used = 6;
    pthread_setspecific(key, (void *)1);
    return (void *)clean;
}

static void a_new_thread_finds_clean_thread_local_variables(void **state) {
    pthread_key_create(&key, destroy);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *clean;
        start_thread(&thread, NULL, use_tls);
        pthread_join(thread, &clean);
        assert_true(clean);
        assert_int_equal(destroyed, i + 1);
    }
    pthread_key_delete(key);
}

int main(int count, char **arguments) {
    if (count > 1) return exit_while_waiting();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_like_the_example_are_green),
        cmocka_unit_test(who_asks_for_a_larger_stack_gets_an_os_thread),
        cmocka_unit_test(threads_started_otherwise_are_os_threads),
        cmocka_unit_test(joining_waits_and_hands_over_the_result),
        cmocka_unit_test(joining_oneself_is_a_deadlock),
        cmocka_unit_test(a_detached_thread_cannot_be_joined),
        cmocka_unit_test(pthread_exit_ends_the_green_thread_alone),
        cmocka_unit_test(pthread_exit_runs_the_cleanup_handlers_innermost_first),
        cmocka_unit_test(pthread_exit_in_a_signal_handler_leaves_the_signal_to_others),
        cmocka_unit_test(pthread_exit_in_a_handler_while_all_wait_is_refused),
        cmocka_unit_test(thrd_exit_ends_the_green_thread_alone),
        cmocka_unit_test(a_thread_that_is_being_joined_cannot_be_joined_again),
        cmocka_unit_test(an_os_thread_can_join_a_green_one),
        cmocka_unit_test(every_green_thread_has_a_tid_of_its_own),
        cmocka_unit_test(threads_one_after_the_other_have_tids_of_their_own),
        cmocka_unit_test(a_green_thread_can_ask_about_itself),
        cmocka_unit_test(a_green_thread_has_a_name_and_hands_it_down),
        cmocka_unit_test(a_running_green_thread_exists_and_cannot_be_cancelled),
        cmocka_unit_test(a_signal_to_a_green_thread_ends_its_wait),
        cmocka_unit_test(a_new_thread_finds_clean_thread_local_variables),
    };
    return cmocka_run_group_tests(tests, learn, NULL);
}
