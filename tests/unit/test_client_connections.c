/* The connections that calls are made on: whose turn it is, for how long they last, and what is
 * left of those that failed. */
#include "client_fixture.h"

#include <dirent.h>
#include <malloc.h>
#include <pthread.h>

#include "base/clock.h"

/* ---- connections ---- */

static void a_body_that_is_not_read_costs_the_connection(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    gr_answer *answer = get();
    assert_connections(1, 0);
    gr_answer_close(answer);
    assert_connections(0, 0);
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 2);
}

static void a_connection_is_not_used_again_where_the_server_ends_it(void **state) {
    PEER_START(&peer, OK("2\r\nConnection: close\r\n\r\nok"), HANG_UP,
               "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", HANG_UP,
               "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", HELLO);
    for (int i = 0; i < 3; i++) assert_answer(get(), 200, "ok");
    assert_connections(1, 1);
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 3);
}

static void what_comes_behind_an_answer_costs_the_connection(void **state) {
    without_fault(FAULT_SHORT); /* then it may come when the connection rests */
    PEER_START(&peer, HELLO "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", HELLO);
    assert_answer(get(), 200, "hello");
    assert_connections(0, 0);
    assert_answer(get(), 200, "hello");
}

static void a_connection_that_has_died_meanwhile_is_not_used(void **state) {
    without_fault(FAULT_EAGAIN); /* then it does not look dead */
    PEER_START(&peer, HELLO, HANG_UP, HELLO);
    assert_answer(get(), 200, "hello");
    while (peer.replies[1]) gr_yield(); /* it has hung up */
    assert_answer(ask((gr_call){.method = "POST"}), 200, "hello");
    assert_int_equal(peer.connections, 2);
    assert_connections(1, 1);
}

static void a_request_whose_connection_turns_out_to_be_dead_is_sent_again(void **state) {
    PEER_START(&peer, HELLO, RESET, HELLO);
    assert_answer(get(), 200, "hello");
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.requests, 3);
}

static void what_is_not_idempotent_is_not_sent_again(void **state) {
    PEER_START(&peer, HELLO, RESET);
    assert_answer(get(), 200, "hello");
    assert_failed(ask((gr_call){.method = "POST"}), GR_FAILURE_RECEIVE, ECONNRESET, "no answer");
    assert_int_equal(peer.requests, 2);
}

static void a_new_connection_that_breaks_is_not_tried_again(void **state) {
    PEER_START(&peer, RESET);
    assert_failed(get(), GR_FAILURE_RECEIVE, ECONNRESET, "no answer");
    assert_int_equal(peer.requests, 1);
}

static void nobody_listens(void **state) {
    PEER_START(&peer, HELLO);
    shutdown(peer.listener, SHUT_RDWR);
    assert_failed(get(), GR_FAILURE_CONNECT, ECONNREFUSED, "Connection refused");
    assert_connections(0, 0);
}

static void a_name_that_nobody_has_is_told(void **state) {
    PEER_START(&peer, HELLO);
    peer.replies++;
    assert_failed(gr_client_get(client, "http://nobody.invalid/", &failure), GR_FAILURE_NAME,
                  ENOENT, "cannot find the address of nobody.invalid: ");
}

static void a_name_leads_to_its_address(void **state) {
    char url[64];
    PEER_START(&peer, HELLO, HELLO);
    snprintf(url, sizeof url, "http://localhost:%d/", peer.port);
    assert_answer(gr_client_get(client, url, &failure), 200, "hello");
    snprintf(url, sizeof url, "http://LOCALHOST:%d/", peer.port);
    assert_answer(gr_client_get(client, url, &failure), 200, "hello");
    assert_int_equal(peer.connections, 1);
}

static void idle_connections_are_closed_after_a_while(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    reopen_client((gr_client_options){.idle_timeout = 1});
    assert_answer(get(), 200, "hello");
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 2);
}

/* ---- places ---- */

static char order[8];

static void *get_in_turn(void *name) {
    assert_answer(get(), 200, "hello");
    strcat(order, name);
    return NULL;
}

static void who_waits_for_a_connection_gets_it_in_turn(void **state) {
    static char names[] = "a\0b\0c";
    gr_green *greens[3];
    without_fault(FAULT_YIELD); /* then they do not come in this order */
    without_fault(FAULT_HANDOFF);
    PEER_START(&peer, HELLO, HELLO, HELLO, HELLO);
    reopen_client((gr_client_options){.connections_per_origin = 1});
    gr_answer *first = get();
    *order = '\0';
    for (int i = 0; i < 3; i++) greens[i] = gr_spawn(get_in_turn, names + 2 * i);
    gr_yield();
    assert_int_equal(peer.requests, 1);
    assert_answer(first, 200, "hello");
    for (int i = 0; i < 3; i++) assert_int_equal(gr_join(greens[i], NULL), 0);
    assert_string_equal(order, "abc");
    assert_int_equal(peer.connections, 1);
}

static void no_place_in_time_is_told(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    reopen_client((gr_client_options){.connections = 1, .place_timeout = NS_PER_MS});
    gr_answer *first = get();
    assert_failed(get(), GR_FAILURE_PLACE, ETIMEDOUT, "no connection to 127.0.0.1");
    assert_answer(first, 200, "hello");
    assert_answer(get(), 200, "hello");
}

static void the_place_of_an_idle_connection_is_given_to_another_origin(void **state) {
    struct peer other;
    char url[64];
    PEER_START(&peer, HELLO, HELLO);
    PEER_START(&other, HELLO);
    reopen_client((gr_client_options){.connections = 1});
    assert_answer(get(), 200, "hello");
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", other.port);
    assert_answer(gr_client_get(client, url, &failure), 200, "hello");
    assert_connections(1, 1);
    assert_answer(get(), 200, "hello");
    assert_int_equal(peer.connections, 2);
    peer_end(&other);
}

/* ---- time ---- */

static void a_silent_server_is_not_waited_for_longer_than_the_read_timeout(void **state) {
    PEER_START(&peer, SILENCE);
    assert_failed(ask((gr_call){.read_timeout = NS_PER_MS}), GR_FAILURE_RECEIVE, ETIMEDOUT,
                  "time has run out");
    assert_connections(0, 0);
}

static void the_whole_may_take_its_time_and_no_more(void **state) {
    char bytes[8];
    PEER_START(&peer, OK("9\r\n\r\nhello"), SILENCE);
    gr_answer *answer = ask((gr_call){.timeout = 100 * (int64_t)NS_PER_MS});
    assert_non_null(answer);
    assert_int_equal(gr_answer_read(answer, bytes, sizeof bytes), 5);
    assert_int_equal(gr_answer_read(answer, bytes, sizeof bytes), -1);
    assert_int_equal(errno, ETIMEDOUT);
    gr_answer_close(answer);
    peer.replies++;
}

static void the_deadline_of_the_green_thread_counts(void **state) {
    PEER_START(&peer, SILENCE);
    gr_deadline_set(gr_now() + NS_PER_MS);
    assert_failed(get(), GR_FAILURE_RECEIVE, ETIMEDOUT, "time has run out");
    gr_deadline_set(0);
}

static void *get_and_be_cancelled(void *unused) {
    assert_failed(get(), GR_FAILURE_RECEIVE, ECANCELED, "it was cancelled");
    return NULL;
}

static void a_call_can_be_cancelled(void **state) {
    PEER_START(&peer, SILENCE);
    gr_green *green = gr_spawn(get_and_be_cancelled, NULL);
    while (!peer.requests) gr_yield();
    gr_cancel(green);
    assert_int_equal(gr_join(green, NULL), 0);
}

/* ---- afterwards ---- */

static size_t count_descriptors(void) {
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

/* What each of them does is the business of the tests above. */
static void fail_in_every_way(void) {
    static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char *const replies[] = {
        "",
        "HTTP/1.1 200 O",
        "SSH-2.0\r\n",
        OK("9\r\n\r\nhello"),
        chunked,
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n",
        RESET,
        SILENCE};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        gr_slice body;
        PEER_START(&peer, replies[i], HANG_UP);
        gr_answer *answer = ask((gr_call){.read_timeout = 2 * NS_PER_MS});
        if (answer) assert_int_equal(gr_answer_collect(answer, 1 << 20, &body), -1);
        gr_answer_close(answer);
        peer_end(&peer);
        assert_null(gr_client_get(client, peer_url(&peer, "/"), &failure));
    }
}

/* ROUNDS of nine connections each: more of them by hand. */
static void failures_leave_nothing_behind(void **state) {
    const char *rounds = getenv("ROUNDS");
    fail_in_every_way();
    size_t descriptors = count_descriptors(), memory = mallinfo2().uordblks;
    for (int i = rounds ? atoi(rounds) : 3; i > 0; i--) fail_in_every_way();
    assert_int_equal(count_descriptors(), descriptors);
    assert_in_range(mallinfo2().uordblks, 0, memory + 4096);
    assert_connections(0, 0);
    PEER_START(&peer, HELLO);
    assert_answer(get(), 200, "hello");
}

/* ---- elsewhere ---- */

static void *get_apart(void *unused) {
    assert_false(gr_is_green());
    assert_answer(get(), 200, "hello");
    assert_failed(ask((gr_call){.read_timeout = NS_PER_MS}), GR_FAILURE_RECEIVE, ETIMEDOUT,
                  "time has run out");
    return NULL;
}

static void an_os_thread_calls_in_the_same_way(void **state) {
    pthread_t thread;
    PEER_START(&peer, HELLO, SILENCE);
    assert_int_equal(pthread_create(&thread, NULL, get_apart, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_body_that_is_not_read_costs_the_connection),
        TEST(a_connection_is_not_used_again_where_the_server_ends_it),
        TEST(what_comes_behind_an_answer_costs_the_connection),
        TEST(a_connection_that_has_died_meanwhile_is_not_used),
        TEST(a_request_whose_connection_turns_out_to_be_dead_is_sent_again),
        TEST(what_is_not_idempotent_is_not_sent_again),
        TEST(a_new_connection_that_breaks_is_not_tried_again),
        TEST(nobody_listens),
        TEST(a_name_that_nobody_has_is_told),
        TEST(a_name_leads_to_its_address),
        TEST(idle_connections_are_closed_after_a_while),
        TEST(who_waits_for_a_connection_gets_it_in_turn),
        TEST(no_place_in_time_is_told),
        TEST(the_place_of_an_idle_connection_is_given_to_another_origin),
        TEST(a_silent_server_is_not_waited_for_longer_than_the_read_timeout),
        TEST(the_whole_may_take_its_time_and_no_more),
        TEST(the_deadline_of_the_green_thread_counts),
        TEST(a_call_can_be_cancelled),
        TEST(failures_leave_nothing_behind),
        TEST(an_os_thread_calls_in_the_same_way),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
