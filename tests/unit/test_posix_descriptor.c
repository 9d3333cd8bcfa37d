/* Pipes, files and the readiness calls on green threads, and the lives of descriptors. */
#include "runtime_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BIG = 300000 };

static int ends[2]; /* of a pipe */

static int open_pipe(void **state) { return pipe(ends); }

static int close_pipe(void **state) {
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void *write_soon(void *unused) {
    usleep(2000);
    return (void *)(intptr_t)write(ends[1], "text", 4);
}

/* ---- reading and writing ---- */

static void reading_a_pipe_waits_for_data(void **state) {
    char buffer[16];
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(read(ends[0], buffer, sizeof buffer), 4);
    gr_join(writer, NULL);
    close(ends[1]);
    assert_int_equal(read(ends[0], buffer, sizeof buffer), 0);
}

static void *drain(void *unused) {
    static char buffer[1000];
    intptr_t got = 0;
    while (got < BIG) {
        ssize_t n = read(ends[0], buffer, sizeof buffer);
        if (n <= 0) break;
        got += n;
    }
    return (void *)got;
}

static char big[BIG];

static void a_write_larger_than_the_pipe_is_written_whole(void **state) {
    gr_green *reader = gr_spawn(drain, NULL);
    assert_int_equal(write(ends[1], big, BIG), BIG);
    void *got;
    gr_join(reader, &got);
    assert_int_equal((intptr_t)got, BIG);
}

static void a_writev_larger_than_the_pipe_is_written_whole(void **state) {
    struct iovec vector[] = {{big, 100000}, {big, 0}, {big, BIG - 100000}};
    gr_green *reader = gr_spawn(drain, NULL);
    assert_int_equal(writev(ends[1], vector, 3), BIG);
    gr_join(reader, NULL);
}

static void writing_to_the_reading_end_fails_at_once(void **state) {
    assert_int_equal(write(ends[0], "x", 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(read(ends[1], big, 1), -1);
    assert_int_equal(errno, EBADF);
}

static void a_non_blocking_pipe_stays_so(void **state) {
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(read(ends[0], big, 1), -1);
    assert_int_equal(errno, EAGAIN);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    ssize_t written = write(ends[1], big, BIG);
    assert_true(written > 0 && written < BIG);
}

static void files_are_read_and_written(void **state) {
    char path[] = "/tmp/test_posix_XXXXXX", text[8] = "";
    int fd = mkstemp(path);
    unlink(path);
    assert_int_equal(write(fd, "content", 7), 7);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(read(fd, text, sizeof text), 7);
    assert_string_equal(text, "content");
    close(fd);
}

static void *post_event(void *fd) {
    usleep(2000);
    eventfd_write((int)(intptr_t)fd, 5);
    return NULL;
}

static void reading_an_eventfd_waits_for_its_count(void **state) {
    int fd = eventfd(0, 0);
    gr_green *poster = gr_spawn(post_event, (void *)(intptr_t)fd);
    uint64_t count;
    assert_int_equal(read(fd, &count, sizeof count), sizeof count);
    assert_int_equal(count, 5);
    gr_join(poster, NULL);
    close(fd);
}

/* ---- readiness ---- */

static void poll_waits_for_one_of_several(void **state) {
    int other[2];
    assert_int_equal(pipe(other), 0);
    struct pollfd fds[] = {{other[0], POLLIN, 0}, {-1, POLLIN, 0}, {ends[0], POLLIN, 0}};
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(poll(fds, 3, -1), 1);
    assert_int_equal(fds[2].revents, POLLIN);
    gr_join(writer, NULL);
    close(other[0]);
    close(other[1]);
}

static void poll_ends_at_its_timeout(void **state) {
    struct pollfd entry = {ends[0], POLLIN, 0};
    int64_t begin = gr_now();
    assert_int_equal(poll(&entry, 1, 20), 0);
    assert_true(gr_now() - begin >= 20 * NS_PER_MS);
    assert_int_equal(poll(NULL, 0, 5), 0);
    assert_int_equal(poll(&entry, 1, 0), 0);
}

static void poll_reports_what_is_no_descriptor(void **state) {
    struct pollfd entry = {12345, POLLIN, 0};
    assert_int_equal(poll(&entry, 1, -1), 1);
    assert_int_equal(entry.revents, POLLNVAL);
}

static void poll_waits_for_a_hundred_descriptors(void **state) {
    struct pollfd fds[100];
    int pipes[100][2];
    for (int i = 0; i < 100; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        fds[i] = (struct pollfd){pipes[i][0], POLLIN, 0};
    }
    fds[50].fd = ends[0];
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(poll(fds, 100, -1), 1);
    assert_int_equal(fds[50].revents, POLLIN);
    gr_join(writer, NULL);
    for (int i = 0; i < 100; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
}

static void select_leaves_the_ready_ones_in_the_sets(void **state) {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    struct timeval limit = {10, 0};
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(select(ends[1] + 1, &in, &out, NULL, &limit), 1);
    assert_true(FD_ISSET(ends[0], &in));
    assert_true(limit.tv_sec < 10);
    gr_join(writer, NULL);
    FD_SET(ends[1], &out);
    assert_int_equal(select(ends[1] + 1, &in, &out, NULL, NULL), 2);
}

static void select_ends_at_its_timeout_with_empty_sets(void **state) {
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    struct timeval limit = {0, 20000};
    assert_int_equal(select(ends[0] + 1, &in, NULL, NULL, &limit), 0);
    assert_false(FD_ISSET(ends[0], &in));
    assert_int_equal(limit.tv_sec + limit.tv_usec, 0);
}

static void select_refuses_what_is_no_descriptor(void **state) {
    fd_set in;
    FD_ZERO(&in);
    FD_SET(1000, &in);
    assert_int_equal(select(1001, &in, NULL, NULL, NULL), -1);
    assert_int_equal(errno, EBADF);
}

static void an_epoll_descriptor_is_waited_for_like_others(void **state) {
    int epfd = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u32 = 42}};
    assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_ADD, ends[0], &event), 0);
    assert_int_equal(epoll_wait(epfd, &event, 1, 10), 0);
    for (int i = 0; i < 3; i++) {
        gr_green *writer = gr_spawn(write_soon, NULL);
        assert_int_equal(epoll_wait(epfd, &event, 1, -1), 1);
        assert_int_equal(event.data.u32, 42);
        assert_int_equal(read(ends[0], big, 16), 4);
        gr_join(writer, NULL);
    }
    close(epfd);
}

/* ---- lives ---- */

static void *close_reading_end(void *unused) {
    close(ends[0]);
    return NULL;
}

static void closing_a_pipe_fails_its_reader_with_ebadf(void **state) {
    gr_green *closer = gr_spawn(close_reading_end, NULL);
    assert_int_equal(read(ends[0], big, 1), -1);
    assert_int_equal(errno, EBADF);
    gr_join(closer, NULL);
}

static void a_duplicate_is_waited_for_after_the_original_is_closed(void **state) {
    int copy = dup(ends[0]);
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(read(ends[0], big, 4), 4);
    gr_join(writer, NULL);
    close(ends[0]);
    writer = gr_spawn(write_soon, NULL);
    assert_int_equal(read(copy, big, 4), 4);
    gr_join(writer, NULL);
    assert_int_equal(dup2(copy, ends[0]), ends[0]);
    close(copy);
    writer = gr_spawn(write_soon, NULL);
    assert_int_equal(read(ends[0], big, 4), 4);
    gr_join(writer, NULL);
}

static void a_stream_that_is_closed_frees_its_number_for_another_life(void **state) {
    for (int i = 0; i < 3; i++) {
        gr_green *writer = gr_spawn(write_soon, NULL);
        assert_int_equal(read(ends[0], big, 4), 4);
        gr_join(writer, NULL);
        fclose(fdopen(ends[0], "r"));
        close(ends[1]);
        assert_int_equal(pipe(ends), 0);
    }
}

static void closing_everything_leaves_the_runtime_working(void **state) {
    int low = fcntl(ends[0], F_DUPFD, 100);
    closefrom(100);
    assert_int_equal(fcntl(low, F_GETFD), -1);
    for (int fd = 100; fd < 1100; fd++) close(fd);
    gr_green *writer = gr_spawn(write_soon, NULL);
    assert_int_equal(read(ends[0], big, 4), 4);
    gr_join(writer, NULL);
}

static volatile bool has_lock;

static void *lock_for_a_while(void *path) {
    int fd = open(path, O_RDWR);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(fd, F_OFD_SETLKW, &whole);
    has_lock = true;
    usleep(5000);
    close(fd);
    return NULL;
}

static void waiting_for_a_file_lock_lets_its_holder_run(void **state) {
    char path[] = "/tmp/test_posix_XXXXXX";
    int fd = mkstemp(path);
    has_lock = false;
    gr_green *holder = gr_spawn(lock_for_a_while, path);
    while (!has_lock) gr_yield();
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(fd, F_OFD_SETLKW, &whole), 0);
    gr_join(holder, NULL);
    unlink(path);
    close(fd);
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_PIPE(reading_a_pipe_waits_for_data),
        WITH_PIPE(a_write_larger_than_the_pipe_is_written_whole),
        WITH_PIPE(a_writev_larger_than_the_pipe_is_written_whole),
        WITH_PIPE(writing_to_the_reading_end_fails_at_once),
        WITH_PIPE(a_non_blocking_pipe_stays_so),
        cmocka_unit_test(files_are_read_and_written),
        cmocka_unit_test(reading_an_eventfd_waits_for_its_count),
        WITH_PIPE(poll_waits_for_one_of_several),
        WITH_PIPE(poll_ends_at_its_timeout),
        cmocka_unit_test(poll_reports_what_is_no_descriptor),
        WITH_PIPE(poll_waits_for_a_hundred_descriptors),
        WITH_PIPE(select_leaves_the_ready_ones_in_the_sets),
        WITH_PIPE(select_ends_at_its_timeout_with_empty_sets),
        cmocka_unit_test(select_refuses_what_is_no_descriptor),
        WITH_PIPE(an_epoll_descriptor_is_waited_for_like_others),
        WITH_PIPE(closing_a_pipe_fails_its_reader_with_ebadf),
        WITH_PIPE(a_duplicate_is_waited_for_after_the_original_is_closed),
        WITH_PIPE(a_stream_that_is_closed_frees_its_number_for_another_life),
        WITH_PIPE(closing_everything_leaves_the_runtime_working),
        cmocka_unit_test(waiting_for_a_file_lock_lets_its_holder_run),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
