/* Sockets on green threads keep the meaning that they have on threads. Each peer here is a green
 * thread of the same worker: a call that blocked it would never return. */
#include "runtime_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BIG = 4 << 20 };

static int pair[2];

static int open_pair(void **state) { return socketpair(AF_UNIX, SOCK_STREAM, 0, pair); }

static int close_pair(void **state) {
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static void *send_in_two_halves(void *unused) {
    for (int i = 0; i < 2; i++) {
        usleep(2000);
        if (send(pair[1], "half", 4, 0) != 4) return NULL;
    }
    return pair;
}

static void a_receive_waits_for_data(void **state) {
    char buffer[16];
    gr_green *sender = gr_spawn(send_in_two_halves, NULL);
    errno = 77;
    assert_int_equal(recv(pair[0], buffer, sizeof buffer, 0), 4);
    assert_int_equal(read(pair[0], buffer, sizeof buffer), 4);
    assert_int_equal(errno, 77);
    gr_join(sender, NULL);
}

static void msg_waitall_waits_for_all(void **state) {
    char buffer[8];
    gr_green *sender = gr_spawn(send_in_two_halves, NULL);
    assert_int_equal(recv(pair[0], buffer, sizeof buffer, MSG_WAITALL), 8);
    assert_memory_equal(buffer, "halfhalf", 8);
    gr_join(sender, NULL);
}

static void msg_waitall_returns_what_came_before_the_end(void **state) {
    char buffer[8];
    assert_int_equal(send(pair[1], "half", 4, 0), 4);
    shutdown(pair[1], SHUT_WR);
    assert_int_equal(recv(pair[0], buffer, sizeof buffer, MSG_WAITALL), 4);
    assert_int_equal(recv(pair[0], buffer, sizeof buffer, MSG_WAITALL), 0);
}

static void a_receive_message_waits_for_all_as_well(void **state) {
    char buffer[8];
    struct iovec vector = {buffer, sizeof buffer};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    gr_green *sender = gr_spawn(send_in_two_halves, NULL);
    assert_int_equal(recvmsg(pair[0], &message, MSG_WAITALL), 8);
    gr_join(sender, NULL);
}

static void *receive_big(void *sum) {
    static char piece[100000];
    size_t got = 0;
    ssize_t n;
    while (got < BIG && (n = recv(pair[0], piece, sizeof piece, 0)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            *(unsigned *)sum += (unsigned char)piece[i] * (got & 255);
    return NULL;
}

static char big[BIG];

static unsigned fill_big(void) {
    unsigned sum = 0;
    for (size_t i = 0; i < BIG; i++) {
        big[i] = (char)(i * 31 >> 3);
        sum += (unsigned char)big[i] * (i & 255);
    }
    return sum;
}

static void a_blocking_send_sends_everything(void **state) {
    unsigned expected = fill_big(), sum = 0;
    gr_green *receiver = gr_spawn(receive_big, &sum);
    assert_int_equal(send(pair[1], big, BIG, 0), BIG);
    gr_join(receiver, NULL);
    assert_int_equal(sum, expected);
}

static void a_blocking_writev_sends_every_element_whole(void **state) {
    unsigned expected = fill_big(), sum = 0;
    struct iovec vector[] = {{big, 1}, {big + 1, 0}, {big + 1, BIG - 1000}, {big + BIG - 999, 999}};
    const struct iovec before[] = {vector[0], vector[1], vector[2], vector[3]};
    gr_green *receiver = gr_spawn(receive_big, &sum);
    assert_int_equal(writev(pair[1], vector, 4), BIG);
    gr_join(receiver, NULL);
    assert_int_equal(sum, expected);
    assert_memory_equal(vector, before, sizeof before);
}

static void non_blocking_mode_is_kept(void **state) {
    char byte;
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(read(pair[0], &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    ssize_t sent = send(pair[0], big, BIG, 0);
    assert_true(sent > 0 && sent < BIG);
    assert_int_equal(send(pair[0], big, BIG, 0), -1);
    assert_int_equal(errno, EAGAIN);
}

static void so_rcvtimeo_ends_a_receive_with_eagain(void **state) {
    char byte;
    struct timeval limit = {0, 20000};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int64_t begin = gr_now();
    assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    assert_true(gr_now() - begin >= 20 * NS_PER_MS);
}

static void so_sndtimeo_leaves_a_send_short(void **state) {
    struct timeval limit = {0, 20000};
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ssize_t sent = send(pair[0], big, BIG, 0);
    assert_true(sent > 0 && sent < BIG);
}

static void a_deadline_ends_a_receive_with_etimedout(void **state) {
    char byte;
    gr_deadline_set(gr_now() + 20 * NS_PER_MS);
    ssize_t got = recv(pair[0], &byte, 1, 0);
    int error = errno;
    gr_deadline_set(0);
    assert_int_equal(got, -1);
    assert_int_equal(error, ETIMEDOUT);
}

static void *close_first(void *unused) {
    close(pair[0]);
    return NULL;
}

static void closing_a_socket_fails_its_reader_with_ebadf(void **state) {
    char byte;
    gr_green *closer = gr_spawn(close_first, NULL);
    assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
    assert_int_equal(errno, EBADF);
    gr_join(closer, NULL);
}

static void sending_to_a_closed_peer_fails_with_epipe(void **state) {
    close(pair[0]);
    assert_int_equal(send(pair[1], "x", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(errno, EPIPE);
}

static void a_read_of_nothing_does_not_wait(void **state) {
    assert_int_equal(read(pair[0], NULL, 0), 0);
}

/* ---- connections ---- */

static struct sockaddr_in address;

static int listen_somewhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 8)) return -1;
    getsockname(listener, (struct sockaddr *)&address, &len);
    return listener;
}

static void *connect_and_greet(void *unused) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    usleep(2000);
    if (connect(client, (struct sockaddr *)&address, sizeof address) == 0)
        write(client, "hello", 5);
    intptr_t again = connect(client, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    close(client);
    return (void *)again;
}

static void accept_and_connect_wait_for_each_other(void **state) {
    int listener = listen_somewhere();
    gr_green *client = gr_spawn(connect_and_greet, NULL);
    int connection = accept(listener, NULL, NULL);
    assert_true(connection >= 0);
    char text[5];
    assert_int_equal(recv(connection, text, 5, MSG_WAITALL), 5);
    assert_memory_equal(text, "hello", 5);
    void *again;
    gr_join(client, &again);
    assert_int_equal((intptr_t)again, EISCONN);
    close(connection);
    assert_int_equal(fcntl(listener, F_GETFL) & O_NONBLOCK, 0);
    close(listener);
}

static void connecting_to_nobody_is_refused(void **state) {
    close(listen_somewhere());
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
    close(client);
}

static void *receive_messages(void *unused) {
    char bytes[3][4];
    struct iovec vectors[3] = {{bytes[0], 4}, {bytes[1], 4}, {bytes[2], 4}};
    struct mmsghdr messages[3] = {{.msg_hdr = {.msg_iov = &vectors[0], .msg_iovlen = 1}},
                                  {.msg_hdr = {.msg_iov = &vectors[1], .msg_iovlen = 1}},
                                  {.msg_hdr = {.msg_iov = &vectors[2], .msg_iovlen = 1}}};
    return (void *)(intptr_t)recvmmsg(pair[0], messages, 3, 0, NULL);
}

static void recvmmsg_waits_for_as_many_as_asked_for(void **state) {
    close_pair(NULL);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    gr_green *receiver = gr_spawn(receive_messages, NULL);
    for (int i = 0; i < 3; i++) {
        usleep(1000);
        send(pair[1], "data", 4, 0);
    }
    void *count;
    gr_join(receiver, &count);
    assert_int_equal((intptr_t)count, 3);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_PAIR(a_receive_waits_for_data),
        WITH_PAIR(msg_waitall_waits_for_all),
        WITH_PAIR(msg_waitall_returns_what_came_before_the_end),
        WITH_PAIR(a_receive_message_waits_for_all_as_well),
        WITH_PAIR(a_blocking_send_sends_everything),
        WITH_PAIR(a_blocking_writev_sends_every_element_whole),
        WITH_PAIR(non_blocking_mode_is_kept),
        WITH_PAIR(so_rcvtimeo_ends_a_receive_with_eagain),
        WITH_PAIR(so_sndtimeo_leaves_a_send_short),
        WITH_PAIR(a_deadline_ends_a_receive_with_etimedout),
        WITH_PAIR(closing_a_socket_fails_its_reader_with_ebadf),
        WITH_PAIR(sending_to_a_closed_peer_fails_with_epipe),
        WITH_PAIR(a_read_of_nothing_does_not_wait),
        cmocka_unit_test(accept_and_connect_wait_for_each_other),
        cmocka_unit_test(connecting_to_nobody_is_refused),
        WITH_PAIR(recvmmsg_waits_for_as_many_as_asked_for),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
