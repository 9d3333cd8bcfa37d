/* What libc refuses is refused on a green thread as well, at once and with the same error: bad
 * descriptors, bad pointers, bad times, the wrong kind of socket. */
#include "differential.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

/* Out of the compiler's sight, as it warns of what is tried here. */
static void *volatile nowhere = (void *)8;
static volatile int minus_one = -1;
static char buffer[64];

static void use_no_descriptor(struct record *record) {
    SAME(recv(-1, buffer, 1, 0));
    SAME(recvmsg(-1, &(struct msghdr){0}, 0));
    SAME(recvmmsg(-1, NULL, 0, 0, NULL));
    SAME(send(-1, buffer, 1, 0));
    SAME(sendmsg(-1, &(struct msghdr){0}, 0));
    SAME(sendmmsg(-1, NULL, 0, 0));
    SAME(accept(-1, NULL, NULL));
    SAME(connect(-1, NULL, 0));
    SAME(sendfile(-1, -1, NULL, 1));
    SAME(splice(-1, NULL, -1, NULL, 1, 0));
    SAME(read(-1, buffer, 1));
    SAME(write(-1, buffer, 1));
    SAME(readv(-1, nowhere, 1));
    SAME(writev(-1, nowhere, 1));
    SAME(fsync(-1));
    SAME(flock(-1, LOCK_EX));
    SAME(fcntl(-1, F_SETLKW, nowhere));
    SAME(lockf(-1, F_LOCK, 0));
    SAME(epoll_wait(-1, nowhere, 1, -1));
    SAME(dup2(-1, 5));
    SAME(dup2(0, -1));
    SAME(dup2(0, 1 << 28));
    SAME(close(-1));
    SAME(syscall(SYS_close, -1));
}

static void what_is_no_descriptor_is_refused(void **state) {
    assert_same_on_both(use_no_descriptor);
}

static void read_and_write_nowhere(struct record *record) {
    int pair[2], ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    SAME(pipe(ends));
    struct msghdr many = {.msg_iov = nowhere, .msg_iovlen = 5000};
    SAME(sendmsg(pair[0], nowhere, 0));
    SAME(sendmsg(pair[0], &many, 0));
    SAME(sendmmsg(pair[0], nowhere, 1, 0));
    SAME(send(pair[0], nowhere, 100, 0));
    SAME(writev(pair[0], nowhere, 1));
    SAME(writev(ends[1], nowhere, 1));
    SAME(write(ends[1], nowhere, 100));
    SAME(sendfile(pair[0], ends[0], nowhere, 1));
    SAME(recvmsg(pair[0], nowhere, 0));
    SAME(recvmmsg(pair[0], nowhere, 1, 0, NULL));
    SAME(recvmmsg(pair[0], NULL, 1, 0, nowhere));
    SAME(readv(pair[0], nowhere, 1));
    SAME(readv(ends[0], nowhere, 1));
    SAME(connect(pair[0], nowhere, 16));
    send(pair[0], "x", 1, 0);
    SAME(recv(pair[1], nowhere, 1, 0));
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(ends[i]);
    }
}

static void wait_with_bad_pointers(struct record *record) {
    int word = 0;
    SAME(poll(nowhere, 1, -1));
    SAME(select(3, nowhere, NULL, NULL, NULL));
    SAME(nanosleep(nowhere, NULL));
    SAME(clock_nanosleep(CLOCK_REALTIME, 0, nowhere, NULL));
    SAME(waitid(P_ALL, 0, nowhere, WEXITED));
    SAME(wait4(-1, nowhere, 0, NULL));
    SAME(syscall(SYS_futex, nowhere, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
    SAME(syscall(SYS_futex, buffer + 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
    SAME(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nowhere, NULL, 0));
    SAME(syscall(SYS_clone3, NULL, 64));
    SAME(syscall(SYS_clone3, nowhere, 64));
}

static void bad_pointers_are_refused(void **state) {
    without_fault(FAULT_EAGAIN); /* then they are not looked at before what will not come */
    assert_same_on_both(read_and_write_nowhere);
    assert_same_on_both(wait_with_bad_pointers);
}

static void accept_on_others(struct record *record) {
    int ends[2], pair[2];
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0), stream = socket(AF_INET, SOCK_STREAM, 0);
    SAME(pipe(ends));
    SAME(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SAME(accept(stream, NULL, NULL));
    SAME(accept(datagrams, NULL, NULL));
    SAME(accept(pair[0], NULL, NULL));
    SAME(accept(ends[0], NULL, NULL));
    SAME(accept4(stream, NULL, NULL, 1));
    close(stream);
    close(datagrams);
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(ends[i]);
    }
}

static void accept_refuses_what_does_not_listen(void **state) {
    without_fault(FAULT_EAGAIN); /* as above */
    assert_same_on_both(accept_on_others);
}

static void wait_for_impossible_times(struct record *record) {
    struct timespec negative = {-1, 0}, large = {0, NS_PER_S}, small = {0, -1}, past = {1, 0};
    SAME(nanosleep(&small, NULL));
    SAME(nanosleep(&negative, NULL));
    SAME(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &negative, NULL));
    SAME(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL));
    SAME(clock_nanosleep(77, 0, &past, NULL));
    SAME(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &past, NULL));
    SAME(usleep(0));
    SAME(sleep(0));
    SAME(ppoll(NULL, 0, &large, NULL));
    SAME(pselect(0, NULL, NULL, NULL, &large, NULL));
    SAME(select(0, NULL, NULL, NULL, &(struct timeval){-1, 0}));
    SAME(select(-1, NULL, NULL, NULL, NULL));
    SAME(poll(nowhere, 100000000, 1));
    int epfd = epoll_create1(0);
    struct epoll_event event;
    SAME(epoll_pwait2(epfd, &event, 1, &large, NULL));
    SAME(epoll_wait(epfd, &event, 0, -1));
    SAME(epoll_wait(epfd, &event, minus_one, -1));
    SAME(epoll_wait(0, &event, 1, -1));
    close(epfd);
}

static void impossible_times_and_sizes_are_refused(void **state) {
    assert_same_on_both(wait_for_impossible_times);
}

static void wait_for_no_child(struct record *record) {
    siginfo_t info;
    int status;
    SAME(waitpid(-1, &status, 0));
    SAME(waitpid(getpid(), &status, 0));
    SAME(waitpid(-1, &status, 0x1000000));
    SAME(wait4(-99999, &status, 0, NULL));
    SAME(waitid(P_ALL, 0, &info, WEXITED));
    SAME(waitid(P_ALL, 0, &info, 0));
    SAME(waitid(77, 0, &info, WEXITED));
    SAME(waitid(P_PIDFD, (id_t)-1, &info, WEXITED));
}

static void waiting_for_no_child_is_refused(void **state) {
    assert_same_on_both(wait_for_no_child);
}

/* ---- fortified callers ---- */

ssize_t __read_chk(int fd, void *into, size_t len, size_t room);
ssize_t __recv_chk(int fd, void *into, size_t len, size_t room, int flags);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);

static void read_too_much(void) { __read_chk(0, buffer, 10, 4); }
static void receive_too_much(void) { __recv_chk(0, buffer, 10, 4, 0); }
static void poll_too_many(void) { __poll_chk((struct pollfd *)buffer, 2, 0, 8); }

static void assert_aborts(void (*overflow)(void)) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        overflow();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void fortified_calls_abort_rather_than_overflow(void **state) {
    assert_aborts(read_too_much);
    assert_aborts(receive_too_much);
    assert_aborts(poll_too_many);
    assert_int_equal(__read_chk(-1, buffer, 4, 4), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_descriptor_is_refused),
        cmocka_unit_test(bad_pointers_are_refused),
        cmocka_unit_test(accept_refuses_what_does_not_listen),
        cmocka_unit_test(impossible_times_and_sizes_are_refused),
        cmocka_unit_test(waiting_for_no_child_is_refused),
        cmocka_unit_test(fortified_calls_abort_rather_than_overflow),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
