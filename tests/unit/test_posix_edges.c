/* The edges of what sockets, datagrams and readiness calls promise: on a green thread they are
 * where they are on an OS thread. */
#include "differential.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

enum { BIG = 65536 };

static char buffer[BIG];

static void close_both(const int fds[2]) {
    close(fds[0]);
    close(fds[1]);
}

static void receive_one(int fd) { recv(fd, &(char){0}, 1, 0); }
static void write_one(int fd) { write(fd, "x", 1); }
static void shut_down(int fd) { shutdown(fd, SHUT_RDWR); }

static void reset(int fd) {
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

/* ---- datagrams ---- */

static void exchange_datagrams(struct record *record) {
    int pair[2];
    struct iovec nothing = {buffer, 0};
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    SAME(send(pair[0], "", 0, 0));
    SAME(recv(pair[1], buffer, 10, 0));
    SAME(write(pair[0], "", 0));
    SAME(recv(pair[1], buffer, 10, MSG_DONTWAIT));
    SAME(writev(pair[0], &nothing, 1));
    SAME(recv(pair[1], buffer, 10, MSG_DONTWAIT));
    SAME(send(pair[0], "abcdef", 6, 0));
    SAME(recv(pair[1], buffer, 2, MSG_TRUNC | MSG_PEEK));
    SAME(recv(pair[1], buffer, 2, MSG_WAITALL));
    SAME(send(pair[0], "abc", 3, 0));
    SAME(readv(pair[1], &nothing, 1));
    SAME(recv(pair[1], buffer, 10, MSG_DONTWAIT));
    SAME(recv(pair[1], buffer, 10, MSG_PEEK | MSG_DONTWAIT));
    close_both(pair);
}

static void empty_and_cut_off_datagrams_are_the_same(void **state) {
    assert_same_on_both(exchange_datagrams);
}

/* The queue is the receiver's, so the sender's own socket looks ready all the time. */
static void send_to_a_full_queue(struct record *record) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), filler = socket(AF_UNIX, SOCK_DGRAM, 0);
    int sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t len = sizeof name;
    bind(receiver, (struct sockaddr *)&name, sizeof(sa_family_t));
    getsockname(receiver, (struct sockaddr *)&name, &len);
    while (sendto(filler, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&name, len) == 1) {
    }
    struct later later;
    later_start(&later, receive_one, receiver);
    SAME(sendto(sender, "y", 1, 0, (struct sockaddr *)&name, len));
    later_end(&later);
    close(receiver);
    close(filler);
    close(sender);
}

static void a_datagram_waits_for_room_in_its_receivers_queue(void **state) {
    unsigned long before = runtime_stats().polls;
    assert_same_on_both(send_to_a_full_queue);
    assert_in_range(runtime_stats().polls - before, 1, 50);
}

/* ---- descriptors in messages ---- */

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

static void send_descriptor(int socket, int fd) {
    union control control = {.header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS}};
    struct msghdr message = {.msg_iov = &(struct iovec){"x", 1},
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    sendmsg(socket, &message, 0);
}

static int rights[2]; /* a pipe, to be sent */

static void send_reading_end(int socket) { send_descriptor(socket, rights[0]); }

static void pass_a_pipe(struct record *record) {
    int pair[2], received = -1;
    union control control;
    struct msghdr message = {.msg_iov = &(struct iovec){buffer, 1},
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct later later;
    SAME(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SAME(pipe(rights));
    later_start(&later, send_reading_end, pair[1]);
    SAME(recvmsg(pair[0], &message, 0));
    later_end(&later);
    SAME(message.msg_controllen);
    memcpy(&received, CMSG_DATA(&control.header), sizeof received);
    close(rights[0]);
    later_start(&later, write_one, rights[1]);
    SAME(read(received, buffer, 1));
    later_end(&later);
    close(received);
    close(rights[1]);
    close_both(pair);
}

static void a_descriptor_that_came_in_a_message_is_waited_for(void **state) {
    for (int i = 0; i < 3; i++) assert_same_on_both(pass_a_pipe);
}

/* ---- connections ---- */

static struct sockaddr_in address;

static int listen_somewhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t len = sizeof address;
    address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(listener, (struct sockaddr *)&address, len);
    listen(listener, 8);
    getsockname(listener, (struct sockaddr *)&address, &len);
    return listener;
}

static int connect_there(int listener, int *accepted) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&address, sizeof address);
    *accepted = accept(listener, NULL, NULL);
    return client;
}

static void lose_connections(struct record *record) {
    struct later later;
    int listener = listen_somewhere(), accepted, client = connect_there(listener, &accepted);
    later_start(&later, reset, accepted);
    SAME(recv(client, buffer, 1, 0));
    later_end(&later);
    SAME(send(client, "x", 1, MSG_NOSIGNAL));
    close(client);

    client = connect_there(listener, &accepted);
    later_start(&later, shut_down, client);
    SAME(recv(client, buffer, 1, 0));
    later_end(&later);
    SAME(send(client, "x", 1, MSG_NOSIGNAL));
    close(client);
    close(accepted);

    client = connect_there(listener, &accepted);
    while (send(client, buffer, BIG, MSG_DONTWAIT) > 0) {
    }
    later_start(&later, reset, accepted);
    SAME(send(client, "x", 1, MSG_NOSIGNAL));
    later_end(&later);
    close(client);

    later_start(&later, shut_down, listener);
    SAME(accept(listener, NULL, NULL));
    later_end(&later);
    close(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    SAME(connect(client, (struct sockaddr *)&address, sizeof address));
    SAME(connect(client, (struct sockaddr *)&address, sizeof address));
    SAME(connect(client, (struct sockaddr *)&address, 3));
    close(client);
}

static void resets_and_shutdowns_end_those_who_wait(void **state) {
    assert_same_on_both(lose_connections);
}

static void open_fast(struct record *record) {
    int listener = listen_somewhere(), accepted, client = socket(AF_INET, SOCK_STREAM, 0);
    SAME(sendto(client, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof address));
    accepted = accept(listener, NULL, NULL);
    SAME(recv(accepted, buffer, 5, MSG_WAITALL));
    close(client);
    close(accepted);
    struct iovec vector = {"hello", 5};
    struct msghdr message = {&address, sizeof address, &vector, 1, NULL, 0, 0};
    client = socket(AF_INET, SOCK_STREAM, 0);
    SAME(sendmsg(client, &message, MSG_FASTOPEN));
    accepted = accept(listener, NULL, NULL);
    SAME(recv(accepted, buffer, 5, MSG_WAITALL));
    close(client);
    close(accepted);
    close(listener);
}

static void tcp_fast_open_connects_and_sends(void **state) { assert_same_on_both(open_fast); }

/* ---- time limits ---- */

static void trickle(int fd) {
    for (int i = 0; i < 6; i++) {
        send(fd, "x", 1, MSG_NOSIGNAL);
        usleep(10000);
    }
}

static void receive_within_a_limit(struct record *record) {
    int pair[2];
    struct timeval limit = {0, 25000};
    struct later later;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    later_start(&later, trickle, pair[1]);
    SAME(recv(pair[0], buffer, 6, MSG_WAITALL) < 6);
    later_end(&later);
    while (recv(pair[0], buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
    }
    SAME(recv(pair[0], buffer, 1, 0));
    close_both(pair);
}

static void the_limit_of_msg_waitall_is_for_the_whole(void **state) {
    assert_same_on_both(receive_within_a_limit);
}

/* ---- readiness ---- */

static void poll_oddly(struct record *record) {
    int ends[2];
    struct later later;
    SAME(pipe(ends));
    struct pollfd fds[3] = {{ends[0], POLLRDNORM, 0}};
    later_start(&later, write_one, ends[1]);
    SAME(poll(fds, 1, -1));
    SAME(fds[0].revents);
    later_end(&later);
    read(ends[0], buffer, 1);
    fds[0].events = 0;
    SAME(poll(fds, 1, 1));
    fds[0] = (struct pollfd){-5, POLLIN, 7};
    SAME(poll(fds, 1, 1));
    SAME(fds[0].revents);
    for (int i = 0; i < 3; i++) fds[i] = (struct pollfd){ends[0], POLLIN, 0};
    later_start(&later, write_one, ends[1]);
    SAME(poll(fds, 3, -77));
    SAME(fds[2].revents);
    later_end(&later);
    close_both(ends);
}

static void poll_takes_duplicates_negatives_and_kinds_of_data(void **state) {
    assert_same_on_both(poll_oddly);
}

static void select_oddly(struct record *record) {
    int ends[2];
    union {
        fd_set set;
        unsigned long words[2048 / 64];
    } wide = {0};
    fd_set set;
    SAME(pipe(ends));
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    FD_SET(ends[1] + 20, &set);
    SAME(select(ends[0] + 1, &set, NULL, NULL, &(struct timeval){0, 1000}));
    SAME(FD_ISSET(ends[1] + 20, &set));
    FD_SET(ends[1], &wide.set); /* as wide as the table, up to which it is read, may become */
    SAME(select(10000000, NULL, &wide.set, NULL, &(struct timeval){0, 1000}));
    int high = fcntl(ends[1], F_DUPFD, 1500);
    wide.words[high / 64] |= 1ul << high % 64;
    SAME(select(high + 1, NULL, &wide.set, NULL, &(struct timeval){1, 0}));
    SAME(wide.words[high / 64] != 0);
    struct timeval left = {0, 1500};
    SAME(select(0, NULL, NULL, NULL, &left));
    SAME(left.tv_usec);
    close(high);
    close_both(ends);
}

static void select_looks_no_further_than_the_kernel_does(void **state) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 2048 ? limit.rlim_max : 2048;
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_same_on_both(select_oddly);
}

enum { NESTED_MAX = 8 };

static void nest_epolls(struct record *record) {
    int ends[2], chain[NESTED_MAX], count = 1;
    struct epoll_event event = {.events = EPOLLIN};
    struct later later;
    SAME(pipe(ends));
    chain[0] = epoll_create1(0);
    epoll_ctl(chain[0], EPOLL_CTL_ADD, ends[0], &event);
    for (; count < NESTED_MAX; count++) {
        chain[count] = epoll_create1(0);
        if (epoll_ctl(chain[count], EPOLL_CTL_ADD, chain[count - 1], &event)) break;
    }
    SAME(count);
    SAME(epoll_wait(chain[count - 1], &event, 1, 10));
    later_start(&later, write_one, ends[1]);
    SAME(epoll_wait(chain[count - 1], &event, 1, -1));
    later_end(&later);
    for (int i = 0; i <= count && i < NESTED_MAX; i++) close(chain[i]);
    close_both(ends);
}

static void epolls_nested_as_deep_as_can_be_are_waited_for(void **state) {
    assert_same_on_both(nest_epolls);
}

/* ---- terminals, eventfds ---- */

static void read_all(int fd) {
    for (size_t got = 0; got < BIG;) {
        char piece[1000];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n <= 0) break;
        got += (size_t)n;
    }
}

static void use_a_terminal(struct record *record) {
    int master, slave;
    struct termios raw;
    struct later later;
    openpty(&master, &slave, NULL, NULL, NULL);
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    later_start(&later, write_one, master);
    SAME(read(slave, buffer, 10));
    later_end(&later);
    later_start(&later, read_all, master);
    SAME(write(slave, buffer, BIG));
    later_end(&later);
    close(slave);
    close(master);
}

static void a_terminal_is_read_and_written(void **state) { assert_same_on_both(use_a_terminal); }

static void read_count(int fd) { eventfd_read(fd, &(eventfd_t){0}); }

static void fill_an_eventfd(struct record *record) {
    struct later later;
    int fd = eventfd(0, 0);
    SAME(read(fd, buffer, 4));
    SAME(eventfd_write(fd, UINT64_MAX - 1));
    later_start(&later, read_count, fd);
    SAME(eventfd_write(fd, 1));
    later_end(&later);
    SAME(pread(fd, buffer, 8, 0));
    close(fd);
}

static void a_full_eventfd_is_waited_for(void **state) { assert_same_on_both(fill_an_eventfd); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_and_cut_off_datagrams_are_the_same),
        cmocka_unit_test(a_datagram_waits_for_room_in_its_receivers_queue),
        cmocka_unit_test(a_descriptor_that_came_in_a_message_is_waited_for),
        cmocka_unit_test(resets_and_shutdowns_end_those_who_wait),
        cmocka_unit_test(tcp_fast_open_connects_and_sends),
        cmocka_unit_test(the_limit_of_msg_waitall_is_for_the_whole),
        cmocka_unit_test(poll_takes_duplicates_negatives_and_kinds_of_data),
        cmocka_unit_test(select_looks_no_further_than_the_kernel_does),
        cmocka_unit_test(epolls_nested_as_deep_as_can_be_are_waited_for),
        cmocka_unit_test(a_terminal_is_read_and_written),
        cmocka_unit_test(a_full_eventfd_is_waited_for),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
