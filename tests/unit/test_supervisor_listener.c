/* The listening sockets of the master. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/listener.h"

static struct address address;
static struct listener listener;

static void open_on(const char *text) {
    char error[SENTENCE_SIZE];
    assert_null(address_parse(text, &address));
    if (listener_open(&listener, &address, error) < 0) fail_msg("%s", error);
}

/* Starts to connect to the listener; the handshake may still be under way. */
static int client_start(void) {
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    assert_int_equal(getsockname(listener.fd, (struct sockaddr *)&at, &len), 0);
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&at, len) < 0) assert_int_equal(errno, EINPROGRESS);
    return fd;
}

/* Does the descriptor become ready within ms? */
static bool is_ready(int fd, short events, int ms) {
    struct pollfd watched = {fd, events, 0};
    return poll(&watched, 1, ms) == 1;
}

static int accept_one(void) {
    assert_true(is_ready(listener.fd, POLLIN, 5000));
    int fd = accept(listener.fd, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static int option_of(int fd, int level, int name) {
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void the_name_is_an_url_with_the_port_that_the_kernel_chose(void **state) {
    int port;
    char rest;
    open_on("127.0.0.1:0");
    assert_int_equal(sscanf(listener.name, "http://127.0.0.1:%d%c", &port, &rest), 1);
    assert_true(port > 0);
    listener_close(&listener);
}

static void it_neither_blocks_nor_passes_to_other_programs(void **state) {
    open_on("127.0.0.1:0");
    assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    listener_close(&listener);
}

static void what_it_accepts_sends_without_delay(void **state) {
    open_on("127.0.0.1:0");
    int client = client_start(), server = accept_one();
    assert_int_equal(option_of(server, IPPROTO_TCP, TCP_NODELAY), 1);
    close(client);
    close(server);
    listener_close(&listener);
}

static void a_quiet_listener_gives_out_whom_it_has_but_lets_nobody_in(void **state) {
    open_on("127.0.0.1:0");
    int early = client_start();
    assert_true(is_ready(early, POLLOUT, 5000));
    listener_quiesce(&listener);
    int late = client_start();
    int server = accept_one();
    assert_false(is_ready(late, POLLOUT, 100));
    assert_false(is_ready(listener.fd, POLLIN, 0));
    close(late);

    /* The connection is not impaired. */
    char byte = 0;
    assert_int_equal(send(early, "x", 1, 0), 1);
    assert_true(is_ready(server, POLLIN, 5000));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    close(early);
    close(server);
    listener_close(&listener);
}

static void a_quiet_unix_socket_has_lost_its_path_and_keeps_its_queue(void **state) {
    char text[] = "unix:/tmp/greenroom-test-XXXXXX/socket", *path = text + 5;
    char *name = strrchr(path, '/');
    *name = '\0';
    assert_non_null(mkdtemp(path));
    *name = '/';
    open_on(text);
    int client = client_start();
    listener_quiesce(&listener);
    assert_int_equal(access(path, F_OK), -1);
    int server = accept_one();
    close(client);
    close(server);
    listener_close(&listener);
    *name = '\0';
    assert_int_equal(rmdir(path), 0);
}

static void an_address_in_use_is_one_sentence(void **state) {
    struct address taken;
    struct listener other;
    char error[SENTENCE_SIZE], text[64], expected[128];
    open_on("127.0.0.1:0");
    snprintf(text, sizeof text, "127.0.0.1:%s", strrchr(listener.name, ':') + 1);
    snprintf(expected, sizeof expected, "cannot listen on %s: Address already in use", text);
    assert_null(address_parse(text, &taken));
    assert_int_equal(listener_open(&other, &taken, error), -1);
    assert_string_equal(error, expected);
    assert_int_equal(other.fd, -1);
    listener_close(&listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_an_url_with_the_port_that_the_kernel_chose),
        cmocka_unit_test(it_neither_blocks_nor_passes_to_other_programs),
        cmocka_unit_test(what_it_accepts_sends_without_delay),
        cmocka_unit_test(a_quiet_listener_gives_out_whom_it_has_but_lets_nobody_in),
        cmocka_unit_test(a_quiet_unix_socket_has_lost_its_path_and_keeps_its_queue),
        cmocka_unit_test(an_address_in_use_is_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
