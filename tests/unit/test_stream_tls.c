/* TLS on streams: a client and a server of ours at the two ends of a pair of sockets. */
#include "stream_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

#include "greenroom/tls.h"

enum { LEN = 1 << 20 };

static char folder[] = "/tmp/greenroom-tls-XXXXXX";
static char why[GR_TLS_WHY_SIZE], server_why[GR_TLS_WHY_SIZE];

struct end {
    int fd;
    gr_reader *reader;
    gr_writer *writer;
};

static struct end client, server;

static const char *path(const char *name) {
    static char paths[8][64]; /* more than any test has at a time */
    static int next;
    char *at = paths[next++ % 8];
    snprintf(at, sizeof paths[0], "%s/%s", folder, name);
    return at;
}

static int make_files(void **state) {
    static const char command[] =
        "cd %s && make() { openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        " -days 2 -subj /CN=greenroom.test -addext subjectAltName=$2 -keyout $1.key -out $1.pem"
        " 2>/dev/null; } && make server DNS:greenroom.test,IP:127.0.0.9 &&"
        " make stranger DNS:greenroom.test && make user email:ann@greenroom.test &&"
        " make wild DNS:*.greenroom.test,DNS:gr*.test";
    char line[sizeof command + sizeof folder];
    if (!mkdtemp(folder)) return -1;
    snprintf(line, sizeof line, command, folder);
    return system(line) == 0 ? start_runtime(state) : -1;
}

static int remove_files(void **state) {
    char line[64];
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

static int open_end(struct end *end, int fd) {
    end->fd = fd;
    return gr_socket(fd, &end->reader, &end->writer);
}

static int connect_ends(void **state) {
    int fds[2];
    *why = *server_why = '\0';
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) return -1;
    return open_end(&client, fds[0]) < 0 || open_end(&server, fds[1]) < 0;
}

/* ---- who serves ---- */

static gr_tls_files files_of_server(const char *name, const char *authorities) {
    char key[32], certificate[32];
    snprintf(key, sizeof key, "%s.key", name);
    snprintf(certificate, sizeof certificate, "%s.pem", name);
    return (gr_tls_files){path(certificate), path(key), authorities};
}

/* Shakes hands as a server. Returns the errno. */
static void *serve(void *files) {
    gr_tls *tls = gr_tls_server(files, server_why);
    assert_non_null(tls);
    int result = gr_tls_start(tls, NULL, &server.reader, &server.writer, server_why);
    int error = errno;
    gr_tls_close(tls);
    return (void *)(intptr_t)(result < 0 ? error : 0);
}

static int result_of(gr_green *green) {
    void *result;
    assert_int_equal(gr_join(green, &result), 0);
    return (int)(intptr_t)result;
}

/* Shakes hands on both sides. Returns the client's errno, *served gets the server's. */
static int meet(const char *host, gr_tls_files of_client, gr_tls_files of_server, int *served) {
    gr_green *green = gr_spawn(serve, &of_server);
    gr_tls *tls = gr_tls_client(&of_client, why);
    assert_non_null(tls);
    int error = gr_tls_start(tls, host, &client.reader, &client.writer, why) < 0 ? errno : 0;
    gr_tls_close(tls);
    *served = result_of(green);
    return error;
}

static gr_tls_files trusts_server(void) {
    return (gr_tls_files){.authorities = path("server.pem")};
}

static void assert_meet(void) {
    int served;
    assert_int_equal(
        meet("greenroom.test", trusts_server(), files_of_server("server", NULL), &served), 0);
    assert_int_equal(served, 0);
}

static void close_all(void) {
    assert_int_equal(gr_writer_close(client.writer), 0);
    assert_int_equal(gr_writer_close(server.writer), 0);
    char byte;
    assert_int_equal(gr_reader_read(client.reader, &byte, 1), 0);
    assert_int_equal(gr_reader_read(server.reader, &byte, 1), 0);
    gr_reader_close(client.reader);
    gr_reader_close(server.reader);
}

static void assert_refused(void) {
    assert_null(client.reader);
    assert_null(client.writer);
    assert_null(server.reader);
    assert_null(server.writer);
}

/* ---- what is said ---- */

static char text[LEN];

static void *write_text(void *writer) {
    uint32_t seed = 5;
    for (size_t at = 0, n; at < LEN; at += n) {
        n = 1 + random_below(&seed, 50000);
        if (n > LEN - at) n = LEN - at;
        struct iovec parts[] = {{text + at, n / 3}, {text + at + n / 3, n - n / 3}};
        if (gr_writer_writev(writer, parts, 2) < 0) return (void *)(intptr_t)errno;
    }
    return (void *)(intptr_t)(gr_writer_close(writer) < 0 ? errno : 0);
}

static void *read_text(void *reader) {
    char *data;
    size_t len;
    int error = read_all(reader, 7000, &data, &len);
    assert_int_equal(error, 0);
    assert_int_equal(len, LEN);
    assert_memory_equal(data, text, LEN);
    free(data);
    gr_reader_close(reader);
    return NULL;
}

static void both_sides_write_and_read_at_once(void **state) {
    make_noise(text, LEN, 1);
    assert_meet();
    gr_green *all[] = {gr_spawn(write_text, client.writer), gr_spawn(write_text, server.writer),
                       gr_spawn(read_text, client.reader), gr_spawn(read_text, server.reader)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) assert_int_equal(result_of(all[i]), 0);
}

static void a_numeric_address_is_a_host_too(void **state) {
    int served;
    assert_int_equal(meet("127.0.0.9", trusts_server(), files_of_server("server", NULL), &served),
                     0);
    close_all();
}

static int meet_server(const char *name, const char *host) {
    int served;
    char certificate[32];
    snprintf(certificate, sizeof certificate, "%s.pem", name);
    return meet(host, (gr_tls_files){.authorities = path(certificate)}, files_of_server(name, NULL),
                &served);
}

static void a_wildcard_is_a_whole_label(void **state) {
    assert_int_equal(meet_server("wild", "shop.greenroom.test"), 0);
    close_all();
    assert_int_equal(connect_ends(NULL), 0);
    assert_int_equal(meet_server("wild", "greenroom.test"), EPROTO);
    assert_refused();
}

static void assert_no_host(const char *host) {
    gr_tls_files files = {.authorities = path("wild.pem")};
    gr_tls *tls = gr_tls_client(&files, why);
    assert_non_null(tls);
    assert_int_equal(connect_ends(NULL), 0);
    assert_int_equal(gr_writer_close(server.writer), 0); /* who shakes hands sees ENODATA */
    assert_fails(gr_tls_start(tls, host, &client.reader, &client.writer, why), EINVAL);
    assert_non_null(strstr(why, "is not a host"));
    gr_reader_close(server.reader);
    gr_tls_close(tls);
}

static void what_stands_for_many_names_or_none_is_not_a_host(void **state) {
    assert_no_host(".greenroom.test");
    assert_no_host("");
}

static void a_name_may_end_in_a_dot(void **state) {
    assert_int_equal(meet_server("server", "greenroom.test."), 0);
    close_all();
}

static void the_subject_is_no_name_of_a_host(void **state) {
    assert_int_equal(meet_server("user", "greenroom.test"), EPROTO);
    assert_non_null(strstr(why, "is not accepted: hostname mismatch"));
    assert_refused();
}

static void what_is_cut_off_is_not_taken_for_the_end(void **state) {
    char bytes[8];
    assert_meet();
    assert_int_equal(gr_writer_write(server.writer, "part", 4), 0);
    shutdown(server.fd, SHUT_WR);
    assert_int_equal(gr_reader_read(client.reader, bytes, sizeof bytes), 4);
    assert_fails(gr_reader_read(client.reader, bytes, sizeof bytes), ENODATA);
    gr_reader_close(client.reader);
    gr_writer_abort(client.writer, ECANCELED);
    gr_writer_abort(server.writer, ECANCELED);
    gr_reader_close(server.reader);
}

static void what_was_changed_on_its_way_is_not_read(void **state) {
    static const char record[] = "\x17\x03\x03\0\x1e this is not of the session ..";
    char bytes[8];
    assert_meet();
    assert_int_equal(send(server.fd, record, sizeof record - 1, 0), sizeof record - 1);
    assert_fails(gr_reader_read(client.reader, bytes, sizeof bytes), EPROTO);
    assert_fails(gr_writer_write(client.writer, "x", 1), EPROTO);
    gr_reader_close(client.reader);
    gr_writer_abort(client.writer, EPROTO);
    gr_writer_abort(server.writer, ECANCELED);
    gr_reader_close(server.reader);
}

static void a_read_past_the_deadline_may_be_made_again(void **state) {
    char bytes[8];
    assert_meet();
    gr_deadline_set(gr_now() + 1000000);
    assert_fails(gr_reader_read(client.reader, bytes, sizeof bytes), ETIMEDOUT);
    gr_deadline_set(0);
    assert_int_equal(gr_writer_write(server.writer, "later", 5), 0);
    assert_int_equal(gr_reader_read(client.reader, bytes, sizeof bytes), 5);
    close_all();
}

static void who_has_sent_nonsense_is_told_with_the_next_write(void **state) {
    static const char record[] = "\x17\x03\x03\0\x1e this is not of the session ..";
    char byte;
    assert_meet();
    assert_int_equal(send(client.fd, record, sizeof record - 1, 0), sizeof record - 1);
    assert_fails(gr_reader_read(server.reader, &byte, 1), EPROTO);
    assert_fails(gr_writer_write(server.writer, "x", 1), EPROTO);
    assert_fails(gr_reader_read(client.reader, &byte, 1),
                 EPROTO); /* an alert; else it would wait */
    gr_reader_close(client.reader);
    gr_reader_close(server.reader);
    gr_writer_abort(client.writer, EPROTO);
    gr_writer_abort(server.writer, EPROTO);
}

/* ---- who is not accepted ---- */

static void another_host_is_not_accepted(void **state) {
    int served;
    assert_int_equal(
        meet("elsewhere.test", trusts_server(), files_of_server("server", NULL), &served), EPROTO);
    assert_non_null(strstr(why, "is not accepted: hostname mismatch"));
    assert_int_equal(served, EPROTO);
    assert_non_null(strstr(server_why, "alert"));
    assert_refused();
}

static void a_name_of_somebody_else_s_making_is_not_accepted(void **state) {
    int served;
    assert_int_equal(
        meet("greenroom.test", trusts_server(), files_of_server("stranger", NULL), &served),
        EPROTO);
    assert_non_null(strstr(why, "is not accepted: self-signed certificate"));
    assert_refused();
}

static void by_default_those_that_the_system_trusts_are_accepted(void **state) {
    int served;
    assert_int_equal(
        meet("greenroom.test", (gr_tls_files){0}, files_of_server("server", NULL), &served),
        EPROTO);
    assert_non_null(strstr(why, "is not accepted: self-signed certificate"));
    assert_refused();
}

static void a_server_that_asks_gets_a_certificate(void **state) {
    int served;
    gr_tls_files user = files_of_server("user", path("server.pem"));
    assert_int_equal(
        meet("greenroom.test", user, files_of_server("server", path("user.pem")), &served), 0);
    assert_int_equal(served, 0);
    close_all();
}

/* In TLS 1.3 the client's hands are shaken before the server has looked at its certificate. */
static void a_server_that_asks_refuses_whoever_has_none(void **state) {
    without_fault(FAULT_SHORT); /* then it may have done so before it was told all */
    int served;
    char byte;
    assert_int_equal(meet("greenroom.test", trusts_server(),
                          files_of_server("server", path("user.pem")), &served),
                     0);
    assert_int_equal(served, EPROTO);
    assert_non_null(strstr(server_why, "peer did not return a certificate"));
    assert_fails(gr_reader_read(client.reader, &byte, 1), EPROTO);
    gr_reader_close(client.reader);
    gr_writer_abort(client.writer, EPROTO);
}

static void *say_something_else(void *arg) {
    gr_writer_write(server.writer, "220 mail.test ESMTP\r\n", 21);
    return (void *)(intptr_t)(gr_writer_close(server.writer) < 0 ? errno : 0);
}

static void what_is_not_tls_is_told(void **state) {
    gr_tls_files files = trusts_server();
    gr_green *green = gr_spawn(say_something_else, NULL);
    gr_tls *tls = gr_tls_client(&files, why);
    assert_fails(gr_tls_start(tls, "greenroom.test", &client.reader, &client.writer, why), EPROTO);
    assert_non_null(strstr(why, "wrong version number"));
    assert_int_equal(result_of(green), 0);
    gr_reader_close(server.reader);
    gr_tls_close(tls);
}

static void who_has_gone_is_told(void **state) {
    gr_tls_files files = trusts_server();
    gr_tls *tls = gr_tls_client(&files, why);
    assert_int_equal(gr_writer_close(server.writer), 0);
    assert_fails(gr_tls_start(tls, "greenroom.test", &client.reader, &client.writer, why), ENODATA);
    assert_string_equal(why, "the other side has gone");
    gr_reader_close(server.reader);
    gr_tls_close(tls);
}

/* ---- settings ---- */

static void assert_no_server(gr_tls_files files, const char *told) {
    errno = 0;
    assert_null(gr_tls_server(&files, why));
    assert_int_equal(errno, EINVAL);
    assert_non_null(strstr(why, told));
}

static void settings_that_are_no_good_are_told(void **state) {
    const char *certificate = path("server.pem"), *key = path("server.key");
    assert_no_server((gr_tls_files){0}, "a server needs a certificate");
    assert_no_server((gr_tls_files){certificate, NULL, NULL}, "go together");
    assert_no_server((gr_tls_files){"/none.pem", key, NULL},
                     "cannot read /none.pem: No such file or directory");
    assert_no_server((gr_tls_files){certificate, path("stranger.key"), NULL}, "is not that of");
    assert_no_server((gr_tls_files){certificate, key, key}, "cannot use the certificates");
}

static void sides_are_not_mistaken(void **state) {
    gr_tls_files files = trusts_server();
    gr_tls *tls = gr_tls_client(&files, why);
    assert_fails(gr_tls_start(tls, NULL, &client.reader, &client.writer, why), EINVAL);
    assert_string_equal(why, "a client names the host, a server does not");
    assert_null(client.reader);
    errno = ECONNREFUSED;
    assert_int_equal(gr_tls_start(tls, "greenroom.test", &client.reader, &client.writer, why), -1);
    assert_int_equal(errno, ECONNREFUSED);
    gr_tls_close(tls);
    gr_reader_close(server.reader);
    gr_writer_abort(server.writer, ECANCELED);
}

#define TEST(name) cmocka_unit_test_setup(name, connect_ends)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(both_sides_write_and_read_at_once),
        TEST(a_numeric_address_is_a_host_too),
        TEST(a_wildcard_is_a_whole_label),
        cmocka_unit_test(what_stands_for_many_names_or_none_is_not_a_host),
        TEST(a_name_may_end_in_a_dot),
        TEST(the_subject_is_no_name_of_a_host),
        TEST(what_is_cut_off_is_not_taken_for_the_end),
        TEST(what_was_changed_on_its_way_is_not_read),
        TEST(a_read_past_the_deadline_may_be_made_again),
        TEST(who_has_sent_nonsense_is_told_with_the_next_write),
        TEST(another_host_is_not_accepted),
        TEST(a_name_of_somebody_else_s_making_is_not_accepted),
        TEST(by_default_those_that_the_system_trusts_are_accepted),
        TEST(a_server_that_asks_gets_a_certificate),
        TEST(a_server_that_asks_refuses_whoever_has_none),
        TEST(what_is_not_tls_is_told),
        TEST(who_has_gone_is_told),
        cmocka_unit_test(settings_that_are_no_good_are_told),
        TEST(sides_are_not_mistaken),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
