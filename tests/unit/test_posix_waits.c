/* Waits for what another process or another task of the kernel's does: locks on files, locks that
 * processes share, the backlog of a unix socket. */
#include "differential.h"

#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { CROWD = 1030, RANGE = 1000 };

static char path[32];

static int make_file(void **state) {
    strcpy(path, "/tmp/test_posix_XXXXXX");
    int fd = mkstemp(path);
    close(fd);
    return fd < 0;
}

static int remove_file(void **state) { return unlink(path); }

/* ---- locks on files ---- */

static int waiting, locked;

static void *lock_with_the_others(void *unused) {
    int fd = open(path, O_RDWR);
    waiting++;
    if (flock(fd, LOCK_SH) == 0) locked++;
    close(fd);
    return NULL;
}

/* fsync needs a kernel task of its own, too. */
static void the_holder_of_a_lock_gets_on_however_many_wait_for_it(void **state) {
    static gr_green *crowd[CROWD];
    int holder = open(path, O_RDWR);
    waiting = locked = 0;
    alarm(PATIENCE_S);
    assert_int_equal(flock(holder, LOCK_EX), 0);
    for (int i = 0; i < CROWD; i++)
        assert_non_null(crowd[i] = gr_spawn(lock_with_the_others, NULL));
    while (waiting < CROWD) usleep(1000);
    assert_int_equal(fsync(holder), 0);
    close(holder);
    for (int i = 0; i < CROWD; i++) gr_join(crowd[i], NULL);
    assert_int_equal(locked, CROWD);
    alarm(0);
}

static void unlock(int fd) { flock(fd, LOCK_UN); }

static void lock_files(struct record *record) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct later later;
    int a = open(path, O_RDWR), b = open(path, O_RDWR);
    SAME(fcntl(a, F_SETLKW, &whole));
    SAME(fcntl(b, F_SETLKW, &whole));
    whole.l_type = 99;
    SAME(fcntl(a, F_SETLKW, &whole));
    whole.l_type = F_UNLCK;
    SAME(fcntl(a, F_SETLKW, &whole));
    SAME(flock(a, LOCK_EX));
    SAME(flock(b, LOCK_EX | LOCK_NB));
    SAME(flock(b, 99));
    later_start(&later, unlock, a);
    SAME(flock(b, LOCK_EX));
    later_end(&later);
    SAME(lockf(a, F_LOCK, 0));
    SAME(lockf(a, 99, 0));
    close(a);
    close(b);
}

static void locks_on_files_are_taken_alike(void **state) { assert_same_on_both(lock_files); }

static int lock_byte(int fd, int command, off_t start) {
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    return fcntl(fd, command, &byte);
}

static int is_waited_for(int fd, off_t start) {
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    return fcntl(fd, F_GETLK, &byte) == 0 && byte.l_type != F_UNLCK;
}

/* Each holds one byte and wants the other's; the kernel refuses who comes last. */
static void want_the_others_byte(struct record *record) {
    int fd = open(path, O_RDWR), status;
    SAME(lock_byte(fd, F_SETLK, 0));
    pid_t child = fork();
    if (child == 0) {
        int own = open(path, O_RDWR);
        lock_byte(own, F_SETLK, RANGE);
        _exit(lock_byte(own, F_SETLKW, 0) == 0 ? 0 : errno);
    }
    while (!is_waited_for(fd, RANGE)) usleep(1000);
    int error = lock_byte(fd, F_SETLKW, RANGE) == 0 ? 0 : errno;
    close(fd);
    waitpid(child, &status, 0);
    SAME(error == EDEADLK || WEXITSTATUS(status) == EDEADLK);
}

static void a_deadlock_of_file_locks_is_found(void **state) {
    assert_same_on_both(want_the_others_byte);
}

static void handle(int number) {}

static int interrupted; /* atomic */

/* Again and again: the first may come before the wait has begun. */
static void signal_us(int number) {
    while (!__atomic_load_n(&interrupted, __ATOMIC_ACQUIRE)) {
        kill(getpid(), number);
        usleep(SOON_US);
    }
}

static void be_interrupted(struct later *later) {
    interrupted = 0;
    later_start(later, signal_us, SIGUSR1);
}

static void have_been_interrupted(struct later *later) {
    __atomic_store_n(&interrupted, 1, __ATOMIC_RELEASE);
    later_end(later);
}

static void set_handler(int flags) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
}

static void a_handler_interrupts_a_wait_for_a_file_lock(void **state) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct later later;
    int a = open(path, O_RDWR), b = open(path, O_RDWR);
    alarm(PATIENCE_S);
    set_handler(0);
    assert_int_equal(flock(a, LOCK_EX), 0);
    be_interrupted(&later);
    assert_int_equal(flock(b, LOCK_EX), -1);
    assert_int_equal(errno, EINTR);
    have_been_interrupted(&later);
    assert_int_equal(fcntl(a, F_OFD_SETLK, &whole), 0);
    be_interrupted(&later);
    assert_int_equal(fcntl(b, F_OFD_SETLKW, &whole), -1);
    assert_int_equal(errno, EINTR);
    have_been_interrupted(&later);
    alarm(0);
    close(a);
    close(b);
}

static void signal_then_send(int fd) {
    kill(getpid(), SIGUSR1);
    usleep(SOON_US);
    send(fd, "x", 1, 0);
}

static void a_call_with_a_time_limit_is_not_restarted(void **state) {
    int pair[2];
    char byte;
    struct timeval limit = {PATIENCE_S, 0};
    struct later later;
    set_handler(SA_RESTART);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    later_start(&later, signal_then_send, pair[1]);
    assert_int_equal(recv(pair[0], &byte, 1, 0), 1);
    later_end(&later);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    be_interrupted(&later);
    assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EINTR);
    have_been_interrupted(&later);
    close(pair[0]);
    close(pair[1]);
}

/* ---- locks that processes share ---- */

static struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    pthread_rwlock_t rwlock;
    pthread_barrier_t barrier;
    sem_t sem;
    int turn;
} * shared;

static int share(void **state) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;
    pthread_rwlockattr_t rwlock;
    pthread_barrierattr_t barrier;
    pthread_mutexattr_init(&mutex);
    pthread_condattr_init(&cond);
    pthread_rwlockattr_init(&rwlock);
    pthread_barrierattr_init(&barrier);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &mutex);
    pthread_cond_init(&shared->cond, &cond);
    pthread_rwlock_init(&shared->rwlock, &rwlock);
    pthread_barrier_init(&shared->barrier, &barrier, 2);
    return sem_init(&shared->sem, 1, 0);
}

static int unshare_all(void **state) { return munmap(shared, sizeof *shared); }

static void take_turn(int mine) {
    pthread_mutex_lock(&shared->mutex);
    while (shared->turn != mine) pthread_cond_wait(&shared->cond, &shared->mutex);
    shared->turn = !mine;
    pthread_cond_signal(&shared->cond);
    pthread_mutex_unlock(&shared->mutex);
}

/* The locks are held by the child until the parent has been refused them, and for a while when it
 * comes to wait. */
static void be_the_child(void) {
    pthread_rwlock_wrlock(&shared->rwlock);
    pthread_mutex_lock(&shared->mutex);
    pthread_barrier_wait(&shared->barrier);
    pthread_barrier_wait(&shared->barrier);
    usleep(SOON_US);
    pthread_mutex_unlock(&shared->mutex);
    pthread_rwlock_unlock(&shared->rwlock);
    for (int i = 0; i < 20; i++) take_turn(1);
    sem_post(&shared->sem);
    _exit(0);
}

static void meet_the_child(struct record *record) {
    struct timespec past = {1, 0};
    shared->turn = 0;
    pid_t child = fork();
    if (child == 0) be_the_child();
    int serial = pthread_barrier_wait(&shared->barrier);
    SAME(serial == 0 || serial == PTHREAD_BARRIER_SERIAL_THREAD);
    SAME(pthread_rwlock_timedrdlock(&shared->rwlock, &past));
    SAME(pthread_mutex_timedlock(&shared->mutex, &past));
    SAME(sem_timedwait(&shared->sem, &past));
    pthread_barrier_wait(&shared->barrier);
    SAME(pthread_rwlock_rdlock(&shared->rwlock));
    SAME(pthread_rwlock_unlock(&shared->rwlock));
    for (int i = 0; i < 20; i++) take_turn(0);
    SAME(sem_wait(&shared->sem));
    waitpid(child, NULL, 0);
}

static void locks_are_shared_with_another_process(void **state) {
    assert_same_on_both(meet_the_child);
}

/* ---- unix sockets ---- */

static void accept_two(int listener) {
    close(accept(listener, NULL, NULL));
    close(accept(listener, NULL, NULL));
}

static void connect_to_a_full_backlog(struct record *record) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof name;
    struct timeval limit = {0, 20000};
    struct later later;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), clients[3];
    bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t));
    getsockname(listener, (struct sockaddr *)&name, &len);
    listen(listener, 0);
    for (int i = 0; i < 3; i++) clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
    setsockopt(clients[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    SAME(connect(clients[0], (struct sockaddr *)&name, len));
    SAME(connect(clients[1], (struct sockaddr *)&name, len));
    SAME(connect(clients[1], (struct sockaddr *)&name, len));
    later_start(&later, accept_two, listener);
    SAME(connect(clients[2], (struct sockaddr *)&name, len));
    later_end(&later);
    close(listener);
    for (int i = 0; i < 3; i++) close(clients[i]);
}

static void a_full_backlog_is_waited_for_within_the_time_limit(void **state) {
    assert_same_on_both(connect_to_a_full_backlog);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FILE(the_holder_of_a_lock_gets_on_however_many_wait_for_it),
        WITH_FILE(locks_on_files_are_taken_alike),
        WITH_FILE(a_deadlock_of_file_locks_is_found),
        WITH_FILE(a_handler_interrupts_a_wait_for_a_file_lock),
        cmocka_unit_test(a_call_with_a_time_limit_is_not_restarted),
        cmocka_unit_test_setup_teardown(locks_are_shared_with_another_process, share, unshare_all),
        cmocka_unit_test(a_full_backlog_is_waited_for_within_the_time_limit),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
