/* Children, signals, sleep, names and ids on green threads. While one waits, another ticks: that is
 * how a call that blocks the worker is told from one that parks. */
#include "runtime_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile bool ticking;
static volatile int ticks;

static void *tick(void *unused) {
    for (ticks = 0; ticking; ticks++) usleep(500);
    return NULL;
}

static gr_green *ticker_start(void) {
    ticking = true;
    return gr_spawn(tick, NULL);
}

static int ticker_stop(gr_green *ticker) {
    ticking = false;
    gr_join(ticker, NULL);
    return ticks;
}

/* Waits for any child where the caller does not care which. */
static void assert_exits(pid_t child, bool any, int code) {
    int status;
    assert_int_equal(any ? wait(&status) : waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

/* ---- children ---- */

static pid_t fork_sleeper(int code) {
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(code);
    }
    return child;
}

static void waiting_for_a_child_lets_others_run(void **state) {
    gr_green *ticker = ticker_start();
    assert_exits(fork_sleeper(3), false, 3);
    assert_exits(fork_sleeper(4), true, 4);
    pid_t child = fork_sleeper(5);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED), 0);
    assert_int_equal(info.si_status, 5);
    assert_true(ticker_stop(ticker) > 20);
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
}

static int work_in_child(int fd) {
    char byte;
    usleep(1000);
    if (read(fd, &byte, 1) != 1) return 1;
    sem_t sem;
    sem_init(&sem, 0, 0);
    sem_post(&sem);
    if (sem_wait(&sem) || gr_is_green()) return 2;
    closefrom(3);
    return 0;
}

static void a_forked_child_is_an_ordinary_process(void **state) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) _exit(work_in_child(fds[0]));
    usleep(5000);
    write(fds[1], "x", 1);
    assert_exits(child, false, 0);
    write(fds[1], "y", 1);
    char byte;
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    close(fds[1]);
}

/* As subprocess does it: the child closes and duplicates in our memory, then execs. */
static void a_vfork_child_leaves_our_descriptors_alone(void **state) {
    int out[2], kept[2];
    char text[16] = "";
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(kept, O_CLOEXEC), 0);
    for (int i = 0; i < 10; i++) {
        pid_t child = vfork();
        if (child == 0) {
            dup2(out[1], 1);
            close(kept[0]);
            close(kept[1]);
            close_range(3, ~0u, 0);
            execl("/bin/echo", "echo", "child", (char *)NULL);
            _exit(127);
        }
        assert_true(child > 0);
        assert_int_equal(read(out[0], text, sizeof text), 6);
        assert_string_equal(text, "child\n");
        assert_exits(child, false, 0);
        assert_int_equal(write(kept[1], "x", 1), 1);
        assert_int_equal(read(kept[0], text, 1), 1);
    }
    for (int i = 0; i < 2; i++) {
        close(out[i]);
        close(kept[i]);
    }
}

static void system_and_pclose_let_others_run(void **state) {
    gr_green *ticker = ticker_start();
    assert_int_equal(WEXITSTATUS(system("sleep 0.02; exit 4")), 4);
    FILE *stream = popen("cat > /dev/null; sleep 0.02; exit 5", "w");
    assert_int_equal(WEXITSTATUS(pclose(stream)), 5);
    assert_true(ticker_stop(ticker) > 10);
}

/* ---- signals ---- */

static sem_t from_handler;
static volatile int handled;

static void post(int number) {
    handled++;
    sem_post(&from_handler);
}

static void set_handler(int number, int flags) {
    struct sigaction action = {.sa_handler = post, .sa_flags = flags}, old;
    assert_int_equal(sigaction(number, &action, NULL), 0);
    assert_int_equal(sigaction(number, NULL, &old), 0);
    assert_ptr_equal(old.sa_handler, post);
    assert_int_equal(old.sa_flags & (SA_SIGINFO | SA_RESTART), flags);
}

static void *kill_soon(void *number) {
    usleep(2000);
    kill(getpid(), (int)(intptr_t)number);
    return NULL;
}

static void *wait_for_post(void *unused) {
    while (sem_wait(&from_handler)) {
    }
    return NULL;
}

static void a_handler_may_post_a_semaphore(void **state) {
    sem_init(&from_handler, 0, 0);
    set_handler(SIGUSR1, SA_RESTART);
    gr_green *waiter = gr_spawn(wait_for_post, NULL);
    kill_soon((void *)SIGUSR1);
    gr_join(waiter, NULL);
    waiter = gr_spawn(wait_for_post, NULL);
    gr_green *killer = gr_spawn(kill_soon, (void *)SIGUSR1);
    gr_join(waiter, NULL);
    gr_join(killer, NULL);
}

static void a_handler_interrupts_the_main_thread(void **state) {
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    set_handler(SIGUSR1, 0);
    gr_green *killer = gr_spawn(kill_soon, (void *)SIGUSR1);
    assert_int_equal(read(fds[0], &byte, 1), -1);
    assert_int_equal(errno, EINTR);
    gr_join(killer, NULL);
    killer = gr_spawn(kill_soon, (void *)SIGUSR1);
    assert_int_equal(sleep(10), 9);
    gr_join(killer, NULL);
    killer = gr_spawn(kill_soon, (void *)SIGUSR1);
    assert_int_equal(pause(), -1);
    assert_int_equal(errno, EINTR);
    gr_join(killer, NULL);
    close(fds[0]);
    close(fds[1]);
}

static int restarted[2];

static void *kill_then_write(void *number) {
    kill_soon(number);
    usleep(2000);
    return (void *)(intptr_t)write(restarted[1], "x", 1);
}

static void sa_restart_lets_a_read_go_on(void **state) {
    char byte;
    assert_int_equal(pipe(restarted), 0);
    set_handler(SIGUSR2, SA_RESTART);
    handled = 0;
    gr_green *killer = gr_spawn(kill_then_write, (void *)SIGUSR2);
    assert_int_equal(read(restarted[0], &byte, 1), 1);
    assert_int_equal(handled, 1);
    gr_join(killer, NULL);
    killer = gr_spawn(kill_soon, (void *)SIGUSR2);
    struct pollfd entry = {restarted[0], POLLIN, 0};
    assert_int_equal(poll(&entry, 1, -1), -1);
    assert_int_equal(errno, EINTR);
    gr_join(killer, NULL);
    close(restarted[0]);
    close(restarted[1]);
}

static void sigsuspend_and_ppoll_wait_with_the_mask_they_are_given(void **state) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    handled = 0;
    kill(getpid(), SIGUSR2);
    assert_int_equal(handled, 0);
    assert_int_equal(sigsuspend(&before), -1);
    assert_int_equal(handled, 1);
    kill(getpid(), SIGUSR2);
    assert_int_equal(ppoll(NULL, 0, NULL, &before), -1);
    assert_int_equal(handled, 2);
    gr_green *killer = gr_spawn(kill_soon, (void *)SIGUSR2);
    assert_int_equal(ppoll(NULL, 0, NULL, &before), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(handled, 3);
    gr_join(killer, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void a_blocked_signal_is_waited_for(void **state) {
    sigset_t blocked;
    int number;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    gr_green *killer = gr_spawn(kill_soon, (void *)SIGUSR1);
    assert_int_equal(sigwait(&blocked, &number), 0);
    assert_int_equal(number, SIGUSR1);
    gr_join(killer, NULL);
    struct timespec limit = {0, 5000000};
    assert_int_equal(sigtimedwait(&blocked, NULL, &limit), -1);
    assert_int_equal(errno, EAGAIN);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

/* ---- time, names, ids, futexes ---- */

static void sleeps_last_as_long_as_asked(void **state) {
    int64_t begin = gr_now();
    usleep(20000);
    int64_t lasted = gr_now() - begin;
    assert_true(lasted >= 20 * NS_PER_MS);
    assert_true(lasted < 120 * NS_PER_MS);
    struct timespec invalid = {0, NS_PER_S};
    assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, 0, &invalid, NULL), EINVAL);
    struct timespec past = {1, 0};
    assert_int_equal(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL), 0);
}

static void *look_up(void *result) {
    *(int *)result = getaddrinfo("localhost", "http", NULL, &(struct addrinfo *){NULL});
    return NULL;
}

static void names_are_looked_up_elsewhere(void **state) {
    int results[8];
    gr_green *green[8];
    for (int i = 0; i < 8; i++) green[i] = gr_spawn(look_up, &results[i]);
    for (int i = 0; i < 8; i++) {
        gr_join(green[i], NULL);
        assert_int_equal(results[i], 0);
    }
    struct addrinfo *numeric;
    assert_int_equal(getaddrinfo("127.0.0.1", "80", NULL, &numeric), 0);
    freeaddrinfo(numeric);
}

static void *set_ids(void *unused) {
    for (int i = 0; i < 50; i++)
        if (setuid(getuid()) || setgid(getgid()) || setregid(getgid(), getegid())) return NULL;
    errno = 0;
    return setuid((uid_t)-1) == -1 && errno == EINVAL ? (void *)1 : NULL;
}

/* glibc asks each thread by a signal, which must be answered for the kernel task it reaches. */
static void ids_are_set_from_a_green_and_from_an_os_thread(void **state) {
    void *succeeded;
    gr_join(gr_spawn(set_ids, NULL), &succeeded);
    assert_true(succeeded);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, set_ids, NULL), 0);
    gr_green *ticker = ticker_start();
    assert_int_equal(pthread_join(thread, &succeeded), 0);
    assert_true(succeeded);
    ticker_stop(ticker);
}

static int word;

static void *futex_wake_soon(void *unused) {
    usleep(2000);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    return (void *)syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
}

static void *futex_wait(void *unused) {
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

static void a_futex_wake_counts_both_sorts_of_waiters(void **state) {
    pthread_t thread;
    void *woken;
    word = 0;
    assert_int_equal(pthread_create(&thread, NULL, futex_wait, NULL), 0);
    gr_green *waiter = gr_spawn(futex_wait, NULL), *waker = gr_spawn(futex_wake_soon, NULL);
    gr_join(waiter, NULL);
    gr_join(waker, &woken);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_in_range((intptr_t)woken, 1, 2);
    assert_int_equal(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), -1);
    assert_int_equal(errno, EAGAIN);
    struct timespec limit = {0, 5000000};
    long result;
    do result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &limit, NULL, 0);
    while (result == 0); /* for no reason */
    assert_int_equal(result, -1);
    assert_int_equal(errno, ETIMEDOUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_for_a_child_lets_others_run),
        cmocka_unit_test(a_forked_child_is_an_ordinary_process),
        cmocka_unit_test(a_vfork_child_leaves_our_descriptors_alone),
        cmocka_unit_test(system_and_pclose_let_others_run),
        cmocka_unit_test(a_handler_may_post_a_semaphore),
        cmocka_unit_test(a_handler_interrupts_the_main_thread),
        cmocka_unit_test(sa_restart_lets_a_read_go_on),
        cmocka_unit_test(sigsuspend_and_ppoll_wait_with_the_mask_they_are_given),
        cmocka_unit_test(a_blocked_signal_is_waited_for),
        cmocka_unit_test(sleeps_last_as_long_as_asked),
        cmocka_unit_test(names_are_looked_up_elsewhere),
        cmocka_unit_test(ids_are_set_from_a_green_and_from_an_os_thread),
        cmocka_unit_test(a_futex_wake_counts_both_sorts_of_waiters),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
