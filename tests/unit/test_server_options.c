/* The settings of a worker, as they travel from the master to it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/options.h"

static void refuses(const char *text) {
    struct server_options options;
    char *copy = strdup(text);
    errno = 0;
    if (server_options_decode(&options, copy) == 0) fail_msg("'%s' was taken", text);
    assert_int_equal(errno, EINVAL);
    free(copy);
}

static void what_is_encoded_is_decoded_whole(void **state) {
    struct server_options sent = {
        .app = "a=b:c()",
        .check_only = true,
        .slot = 3,
        .workers = 4,
        .place = 5,
        .listen_fds = {5, 6},
        .proxied = {false, true},
        .listen_count = 2,
        .master_fd = 7,
        .ready_fd = 8,
        .board_fd = -1,
        .poll_backend = true,
        .os_threads = true,
        .concurrency = UINT32_MAX,
        .stack_size = 1 << 20,
        .slice = 0,
        .head_timeout = 1,
        .keep_alive_timeout = INT64_MAX,
        .body_timeout = 3,
        .write_timeout = 4,
        .graceful_timeout = 5,
        .limits = {.request_line = UINT32_MAX, .fields = 7, .head = 8, .body = INT64_MAX},
        .min_body_rate = 9,
        .keep_alive_requests = 10,
        .max_connections = 11,
        .max_per_address = UINT32_MAX,
        .access_log = "",
        .access_log_times = true,
        .policies = {{.subject = "db.example:5432",
                      .max_connections = UINT32_MAX,
                      .max_calls = 2,
                      .max_queued = -1,
                      .connect_timeout = 3,
                      .read_timeout = INT64_MAX,
                      .breaker = {.percent = 4, .calls = 5, .window = 6, .pause = 7}},
                     {.subject = "unix:/run/my db.sock", .max_queued = 8}},
        .policy_count = 2,
        .log = "/var/log/shop",
        .log_fd = 12,
        .access_fd = 13,
        .log_json = true,
        .log_colour = true,
        .log_level = "info,shop=debug",
        .trusted_proxies = "10.0.0.0/8,unix",
        .proxy_headers = SERVER_PROXY_HEADERS_OFF,
        .mount = "/shop",
        .accelerate = "requests",
        .ready_path = "/health?deep=1",
        .readiness_path = "/ready",
        .metrics_fd = 41,
        .release = "1.4 beta",
        .client_header = "X-Api-Version",
        .unresponsive_timeout = 12,
        .compress = true,
        .server_timing = true,
        .mule = 1,
        .inbox_fd = 14,
        .mules = {{"shop:consume", 15}, {"./a=b.so:f", 16}},
        .mule_count = 2,
        .statics = {"/a=b=c", "/=."},
        .static_count = 2,
        .tickets_fd = 9,
        .tls = {[1] = {.certificates = {"/a=b", "/c"},
                       .keys = {"/d", "/e"},
                       .count = 2,
                       .client_ca = "/f",
                       .client_required = true}},
    };
    struct server_options got;
    char *text = server_options_encode(&sent);
    assert_int_equal(server_options_decode(&got, text), 0);
    assert_string_equal(got.app, sent.app);
    assert_string_equal(got.access_log, sent.access_log);
    assert_true(got.access_log_times);
    assert_string_equal(got.log, sent.log);
    assert_int_equal(got.log_fd, sent.log_fd);
    assert_int_equal(got.access_fd, sent.access_fd);
    assert_true(got.log_json);
    assert_true(got.log_colour);
    assert_false(got.log_capture);
    assert_string_equal(got.log_level, sent.log_level);
    assert_true(got.check_only);
    assert_int_equal(got.slot, sent.slot);
    assert_int_equal(got.mule, sent.mule);
    assert_int_equal(got.inbox_fd, sent.inbox_fd);
    assert_int_equal(got.mule_count, 2);
    assert_string_equal(got.mules[1].function, "./a=b.so:f");
    assert_int_equal(got.mules[1].mailbox, 16);
    assert_int_equal(got.workers, sent.workers);
    assert_int_equal(got.place, sent.place);
    assert_int_equal(got.listen_count, sent.listen_count);
    assert_int_equal(got.listen_fds[0], sent.listen_fds[0]);
    assert_int_equal(got.listen_fds[1], sent.listen_fds[1]);
    assert_false(got.proxied[0]);
    assert_true(got.proxied[1]);
    assert_int_equal(got.master_fd, sent.master_fd);
    assert_int_equal(got.ready_fd, sent.ready_fd);
    assert_int_equal(got.board_fd, sent.board_fd);
    assert_int_equal(got.poll_backend, sent.poll_backend);
    assert_string_equal(got.readiness_path, sent.readiness_path);
    assert_int_equal(got.metrics_fd, sent.metrics_fd);
    assert_string_equal(got.release, sent.release);
    assert_string_equal(got.client_header, sent.client_header);
    assert_true(got.unresponsive_timeout == sent.unresponsive_timeout);
    assert_int_equal(got.os_threads, sent.os_threads);
    assert_int_equal(got.concurrency, sent.concurrency);
    assert_int_equal(got.stack_size, sent.stack_size);
    assert_int_equal(got.slice, sent.slice);
    assert_int_equal(got.head_timeout, sent.head_timeout);
    assert_int_equal(got.keep_alive_timeout, sent.keep_alive_timeout);
    assert_int_equal(got.body_timeout, sent.body_timeout);
    assert_int_equal(got.write_timeout, sent.write_timeout);
    assert_int_equal(got.graceful_timeout, sent.graceful_timeout);
    assert_int_equal(got.limits.request_line, sent.limits.request_line);
    assert_int_equal(got.limits.fields, sent.limits.fields);
    assert_int_equal(got.limits.head, sent.limits.head);
    assert_string_equal(got.trusted_proxies, sent.trusted_proxies);
    assert_int_equal(got.proxy_headers, sent.proxy_headers);
    assert_string_equal(got.mount, sent.mount);
    assert_string_equal(got.accelerate, sent.accelerate);
    assert_string_equal(got.ready_path, sent.ready_path);
    assert_int_equal(got.compress, sent.compress);
    assert_true(got.server_timing);
    assert_int_equal(got.limits.body, sent.limits.body);
    assert_int_equal(got.min_body_rate, sent.min_body_rate);
    assert_int_equal(got.keep_alive_requests, sent.keep_alive_requests);
    assert_int_equal(got.max_connections, sent.max_connections);
    assert_int_equal(got.max_per_address, sent.max_per_address);
    assert_int_equal(got.static_count, sent.static_count);
    assert_string_equal(got.statics[0], sent.statics[0]);
    assert_string_equal(got.statics[1], sent.statics[1]);
    assert_int_equal(got.policy_count, sent.policy_count);
    assert_memory_equal(got.policies, sent.policies, sizeof sent.policies);
    assert_int_equal(got.tickets_fd, sent.tickets_fd);
    assert_int_equal(got.tls[0].count, 0);
    assert_int_equal(got.tls[1].count, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(got.tls[1].certificates[i], sent.tls[1].certificates[i]);
        assert_string_equal(got.tls[1].keys[i], sent.tls[1].keys[i]);
    }
    assert_string_equal(got.tls[1].client_ca, sent.tls[1].client_ca);
    assert_true(got.tls[1].client_required);
    free(text);
}

static void what_is_not_named_has_its_default(void **state) {
    struct server_options expected, got;
    char text[] = "slot=2\n";
    server_options_init(&expected);
    assert_int_equal(server_options_decode(&got, text), 0);
    assert_int_equal(got.slot, 2);
    assert_int_equal(got.head_timeout, expected.head_timeout);
    assert_string_equal(got.access_log, expected.access_log);
    assert_int_equal(got.listen_count, 0);
}

static void a_text_with_a_line_break_cannot_travel(void **state) {
    struct server_options options;
    server_options_init(&options);
    options.app = "a\nslot=7";
    errno = 0;
    assert_null(server_options_encode(&options));
    assert_int_equal(errno, EINVAL);
}

static void what_is_not_our_format_is_refused(void **state) {
    const char *const wrong[] = {
        "slot",
        "slot=1",
        "=1\n",
        "slot\nworkers=1\n",
        "slot=\n",
        "slot=1x\n",
        "slot=2147483648\n",
        "poll_backend=2\n",
        "stack_size=-1\n",
        "limits.head=-1\n",
        "limits.head=4294967296\n",
        "slice=9223372036854775808\n",
        "of_another_version=1\n",
        "listen_fd=x\n",
        "static=/a\n",
        "downstream=1 2 3 4 5 6 7 8 9\n",
        "downstream=1 2 3 4 5 6 7 8 db\n",
        "tls_certificate=/a\n",
        "listen_fd=3\ntls_key=/a\n",
        "listen_fd=3\ntls_certificate=/a\ntls_certificate=/a\n",
        "listen_fd=3\nproxied=1\n",
        "proxied=0\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuses(wrong[i]);
}

static void more_listeners_than_there_is_room_for_are_refused(void **state) {
    char text[400] = "";
    for (int i = 0; i <= SERVER_LISTENERS_MAX; i++) strcat(text, "listen_fd=3\n");
    refuses(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded_whole),
        cmocka_unit_test(what_is_not_named_has_its_default),
        cmocka_unit_test(a_text_with_a_line_break_cannot_travel),
        cmocka_unit_test(what_is_not_our_format_is_refused),
        cmocka_unit_test(more_listeners_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
