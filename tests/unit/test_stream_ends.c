/* Files and sockets as ends of streams, on the interposed libc. */
#include "stream_fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static char noise[3000000], buffer[sizeof noise];

static int open_scratch(void) {
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

/* ---- files ---- */

static void a_file_is_written_and_read(void **state) {
    int fd = open_scratch(), kept = dup(fd);
    struct sink sink;
    gr_writer *writer = gr_file_writer(fd);
    struct iovec parts[] = {{"one ", 4}, {"", 0}, {"two ", 4}};
    assert_int_equal(gr_writer_writev(writer, parts, 3), 0);
    assert_int_equal(gr_writer_write(writer, "three", 5), 0);
    assert_int_equal(gr_writer_close(writer), 0);
    assert_false(is_open(fd));
    lseek(kept, 4, SEEK_SET);
    assert_int_equal(gr_copy(gr_file_reader(kept), sink_of(&sink)), 9);
    assert_memory_equal(sink.data, "two three", 9);
    assert_false(is_open(kept));
    free(sink.data);
}

static void the_failure_to_open_passes_through(void **state) {
    errno = 0;
    assert_null(gr_reader_decode(gr_file_reader(open("/none", O_RDONLY)), GR_GZIP, 1));
    assert_int_equal(errno, ENOENT);
    assert_null(gr_writer_encode(gr_file_writer(open("/none/x", O_WRONLY)), GR_GZIP, 1));
    assert_int_equal(errno, ENOENT);
}

static void errors_of_the_descriptor_are_the_stream_s(void **state) {
    gr_writer *writer = gr_file_writer(open("/dev/full", O_WRONLY | O_CLOEXEC));
    assert_fails(gr_writer_write(writer, "x", 1), ENOSPC);
    assert_fails(gr_writer_write(writer, "x", 1), ENOSPC);
    assert_fails(gr_writer_close(writer), ENOSPC);
    gr_reader *reader = gr_file_reader(open("/", O_RDONLY | O_CLOEXEC));
    assert_fails(gr_reader_read(reader, buffer, 1), EISDIR);
    gr_reader_close(reader);
}

/* ---- functions ---- */

static int bring(void *data, gr_slice *bytes) {
    static const char *const pieces[] = {"one", "", "three"};
    int *next = data;
    if (*next == 4) return stream_fail(EIO);
    if (*next == 3) return 0;
    *bytes = gr_slice_of(pieces[(*next)++]);
    return 1;
}

static void what_a_function_brings_is_read_piece_by_piece(void **state) {
    int next = 0;
    gr_slice bytes;
    char text[8];
    gr_reader *reader = gr_reader_pull(bring, &next);
    assert_int_equal(gr_reader_peek(reader, &bytes), 3);
    gr_reader_consume(reader, 1);
    assert_int_equal(gr_reader_read(reader, text, sizeof text), 2);
    assert_memory_equal(text, "ne", 2);
    assert_int_equal(gr_reader_read(reader, text, 4), 4);
    assert_memory_equal(text, "thre", 4);
    assert_int_equal(gr_reader_read(reader, text, 4), 1);
    assert_int_equal(gr_reader_read(reader, text, 4), 0);
    gr_reader_close(reader);
    next = 4;
    reader = gr_reader_pull(bring, &next);
    assert_fails(gr_reader_read(reader, text, 4), EIO);
    gr_reader_close(reader);
}

static void *write_slowly(void *fd) {
    gr_yield();
    assert_int_equal(write((int)(intptr_t)fd, "late", 4), 4);
    close((int)(intptr_t)fd);
    return NULL;
}

static void reading_a_pipe_parks(void **state) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    gr_reader *reader = gr_file_reader(ends[0]);
    gr_green *green = gr_spawn(write_slowly, (void *)(intptr_t)ends[1]);
    assert_int_equal(gr_reader_read(reader, buffer, 10), 4);
    assert_int_equal(gr_reader_read(reader, buffer, 10), 0);
    assert_int_equal(gr_join(green, NULL), 0);
    gr_reader_close(reader);
}

/* ---- sockets ---- */

struct end {
    gr_reader *reader;
    gr_writer *writer;
    int fd;
};

static struct end ends[2];

static int connect_unix(void **state) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) return -1;
    for (int i = 0; i < 2; i++) {
        ends[i].fd = fds[i];
        if (gr_socket(fds[i], &ends[i].reader, &ends[i].writer) < 0) return -1;
    }
    return 0;
}

static int connect_tcp(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) < 0 ||
        connect(client, (struct sockaddr *)&address, len) < 0)
        return -1;
    ends[0].fd = client;
    ends[1].fd = accept(listener, NULL, NULL);
    close(listener);
    return gr_socket(ends[0].fd, &ends[0].reader, &ends[0].writer) |
           gr_socket(ends[1].fd, &ends[1].reader, &ends[1].writer);
}

static void close_end(int i) {
    gr_reader_close(ends[i].reader);
    gr_writer_abort(ends[i].writer, ECANCELED);
}

static void *write_noise(void *arg) {
    struct iovec parts[3] = {
        {noise, 100}, {noise + 100, sizeof noise - 200}, {noise + sizeof noise - 100, 100}};
    int result = gr_writer_writev(ends[0].writer, parts, 3);
    if (gr_writer_close(ends[0].writer) < 0) result = -1;
    return (void *)(intptr_t)result;
}

static void more_than_a_socket_holds_is_written_whole(void **state) {
    make_noise(noise, sizeof noise, 1);
    gr_green *green = gr_spawn(write_noise, NULL);
    size_t at = 0;
    for (ssize_t n; (n = gr_reader_read(ends[1].reader, buffer + at, sizeof buffer - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, sizeof noise);
    assert_memory_equal(buffer, noise, sizeof noise);
    void *result;
    assert_int_equal(gr_join(green, &result), 0);
    assert_null(result);
    gr_reader_close(ends[0].reader);
    close_end(1);
}

static void a_socket_is_closed_when_both_its_streams_are(void **state) {
    gr_reader_close(ends[0].reader);
    assert_true(is_open(ends[0].fd));
    assert_int_equal(gr_writer_close(ends[0].writer), 0);
    assert_false(is_open(ends[0].fd));
    assert_int_equal(gr_writer_close(ends[1].writer), 0);
    assert_true(is_open(ends[1].fd));
    assert_int_equal(gr_reader_read(ends[1].reader, buffer, 1), 0);
    gr_reader_close(ends[1].reader);
    assert_false(is_open(ends[1].fd));
}

static void one_direction_ends_and_the_other_goes_on(void **state) {
    assert_int_equal(gr_writer_close(ends[0].writer), 0);
    assert_int_equal(gr_reader_read(ends[1].reader, buffer, 1), 0);
    assert_int_equal(gr_writer_write(ends[1].writer, "still", 5), 0);
    assert_int_equal(gr_reader_read(ends[0].reader, buffer, 10), 5);
    gr_reader_close(ends[0].reader);
    close_end(1);
}

static void writing_to_one_who_has_gone_is_epipe_and_no_signal(void **state) {
    close_end(1);
    assert_fails(gr_writer_write(ends[0].writer, "x", 1), EPIPE);
    close_end(0);
}

static void trying_to_read_does_not_park(void **state) {
    assert_fails(gr_reader_try_read(ends[0].reader, buffer, 1), EAGAIN);
    assert_int_equal(gr_writer_write(ends[1].writer, "xy", 2), 0);
    assert_int_equal(gr_reader_try_read(ends[0].reader, buffer, 1), 1);
    gr_slice bytes;
    assert_int_equal(gr_reader_peek(ends[0].reader, &bytes), 1);
    assert_int_equal(gr_reader_try_read(ends[0].reader, buffer, 5), 1);
    assert_int_equal(gr_writer_close(ends[1].writer), 0);
    assert_int_equal(gr_reader_try_read(ends[0].reader, buffer, 1), 0);
    gr_reader_close(ends[1].reader);
    close_end(0);
}

static void the_deadline_ends_a_read_which_may_be_made_again(void **state) {
    gr_deadline_set(gr_now() + NS_PER_MS);
    assert_fails(gr_reader_read(ends[0].reader, buffer, 1), ETIMEDOUT);
    gr_deadline_set(0);
    assert_int_equal(gr_writer_write(ends[1].writer, "x", 1), 0);
    assert_int_equal(gr_reader_read(ends[0].reader, buffer, 1), 1);
    close_end(0);
    close_end(1);
}

static void the_deadline_ends_a_write_and_the_stream(void **state) {
    gr_deadline_set(gr_now() + NS_PER_MS);
    assert_fails(gr_writer_write(ends[0].writer, noise, sizeof noise), ETIMEDOUT);
    gr_deadline_set(0);
    assert_fails(gr_writer_write(ends[0].writer, "x", 1), ETIMEDOUT);
    close_end(0);
    close_end(1);
}

static void an_abort_of_tcp_is_told_by_a_reset_that_stays(void **state) {
    assert_int_equal(gr_writer_write(ends[0].writer, "half", 4), 0);
    close_end(0);
    int error = 0;
    ssize_t n;
    while ((n = gr_reader_read(ends[1].reader, buffer, sizeof buffer)) > 0) continue;
    error = n < 0 ? errno : 0;
    assert_int_equal(error, ECONNRESET);
    assert_fails(gr_reader_read(ends[1].reader, buffer, 1), ECONNRESET);
    close_end(1);
}

static int file_to_send;

static void *copy_file(void *arg) {
    return (void *)(intptr_t)gr_copy(gr_file_reader(file_to_send), ends[0].writer);
}

static void a_file_is_copied_into_a_socket(void **state) {
    make_noise(noise, sizeof noise, 2);
    file_to_send = open_scratch();
    assert_int_equal(write(file_to_send, noise, sizeof noise), sizeof noise);
    lseek(file_to_send, 1000, SEEK_SET);
    gr_green *green = gr_spawn(copy_file, NULL);
    size_t at = 0;
    for (ssize_t n; (n = gr_reader_read(ends[1].reader, buffer + at, sizeof buffer - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, sizeof noise - 1000);
    assert_memory_equal(buffer, noise + 1000, at);
    void *sent;
    assert_int_equal(gr_join(green, &sent), 0);
    assert_int_equal((intptr_t)sent, at);
    gr_reader_close(ends[0].reader);
    close_end(1);
}

static void what_has_been_peeked_at_is_copied_before_the_rest_of_a_file(void **state) {
    int fd = open_scratch();
    assert_int_equal(write(fd, noise, 40000), 40000);
    lseek(fd, 0, SEEK_SET);
    gr_reader *file = gr_file_reader(fd);
    gr_slice bytes;
    assert_true(gr_reader_peek(file, &bytes) > 0);
    gr_reader_consume(file, 10);
    assert_int_equal(gr_copy(file, ends[0].writer), 39990);
    size_t at = 0;
    for (ssize_t n; (n = gr_reader_read(ends[1].reader, buffer + at, sizeof buffer - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, 39990);
    assert_memory_equal(buffer, noise + 10, at);
    gr_reader_close(ends[0].reader);
    close_end(1);
}

#define ON_UNIX(name) cmocka_unit_test_setup(name, connect_unix)
#define ON_TCP(name) cmocka_unit_test_setup(name, connect_tcp)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_written_and_read),
        cmocka_unit_test(what_a_function_brings_is_read_piece_by_piece),
        cmocka_unit_test(the_failure_to_open_passes_through),
        cmocka_unit_test(errors_of_the_descriptor_are_the_stream_s),
        cmocka_unit_test(reading_a_pipe_parks),
        ON_UNIX(more_than_a_socket_holds_is_written_whole),
        ON_TCP(more_than_a_socket_holds_is_written_whole),
        ON_UNIX(a_socket_is_closed_when_both_its_streams_are),
        ON_TCP(one_direction_ends_and_the_other_goes_on),
        ON_UNIX(writing_to_one_who_has_gone_is_epipe_and_no_signal),
        ON_UNIX(trying_to_read_does_not_park),
        ON_UNIX(the_deadline_ends_a_read_which_may_be_made_again),
        ON_UNIX(the_deadline_ends_a_write_and_the_stream),
        ON_TCP(an_abort_of_tcp_is_told_by_a_reset_that_stays),
        ON_UNIX(a_file_is_copied_into_a_socket),
        ON_TCP(a_file_is_copied_into_a_socket),
        ON_UNIX(what_has_been_peeked_at_is_copied_before_the_rest_of_a_file),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
