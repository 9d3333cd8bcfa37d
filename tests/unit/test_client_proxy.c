/* Calls that do not go straight to the host of their URL: through proxies, and to unix sockets. */
#include "client_fixture.h"

#include <sys/un.h>

static void reopen_with_peer_as_proxy(const char *user) {
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://%s127.0.0.1:%d", user, peer.port);
    reopen_client((gr_client_options){.proxy = proxy});
}

static void a_proxy_is_asked_for_the_whole_url(void **state) {
    PEER_START(&peer, HELLO, HELLO);
    reopen_with_peer_as_proxy("Aladdin:open%20sesame@");
    assert_answer(gr_client_get(client, "http://shop.invalid:81/a?b#c", &failure), 200, "hello");
    assert_memory_equal(peer.last, "GET http://shop.invalid:81/a?b HTTP/1.1\r\n", 41);
    assert_non_null(strstr(peer.last, "Host: shop.invalid:81\r\n"));
    assert_non_null(
        strstr(peer.last, "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_null(strstr(peer.last, "\r\nAuthorization"));
    assert_answer(gr_client_get(client, "http://shop.invalid:81", &failure), 200, "hello");
    assert_memory_equal(peer.last, "GET http://shop.invalid:81/ HTTP/1.1\r\n", 38);
    assert_int_equal(peer.connections, 1);
}

static void assert_no_tunnel(const char *reply, int error, const char *told) {
    PEER_START(&peer, reply, HANG_UP);
    reopen_with_peer_as_proxy("a:b@");
    assert_failed(gr_client_get(client, "https://shop.invalid/", &failure), GR_FAILURE_PROXY, error,
                  told);
    assert_memory_equal(peer.last, "CONNECT shop.invalid:443 HTTP/1.1\r\n", 35);
    assert_non_null(strstr(peer.last, "Host: shop.invalid:443\r\n"));
    assert_non_null(strstr(peer.last, "Proxy-Authorization: Basic YTpi\r\n"));
    assert_connections(0, 0);
    peer_end(&peer);
}

static void a_tunnel_that_does_not_come_is_told(void **state) {
    without_fault(FAULT_SHORT); /* then what is too much may come when the tunnel is there */
    assert_no_tunnel("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", EACCES,
                     "does not lead to shop.invalid port 443: it says 407");
    assert_no_tunnel("HTTP/1.1 200 OK\r\n\r\nabc", EPROTO, "it says too much");
    assert_no_tunnel("SSH-2.0\r\n", EPROTO, "does not begin with an HTTP status line");
    PEER_START(&peer, HELLO);
    reopen_client((gr_client_options){0});
    assert_answer(get(), 200, "hello");
}

static void tls_begins_behind_the_tunnel(void **state) {
    PEER_START(&peer, "HTTP/1.1 200 Connected\r\n\r\n", HANG_UP);
    reopen_with_peer_as_proxy("");
    assert_failed(gr_client_get(client, "https://shop.invalid/", &failure), GR_FAILURE_TLS, ENODATA,
                  "no TLS with shop.invalid port 443: the other side has gone");
}

static void a_unix_socket_is_asked_whatever_the_url(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/greenroom-client-%d", getpid());
    PEER_START(&peer, HELLO);
    shutdown(peer.listener, SHUT_RDWR);
    assert_int_equal(gr_join(peer.green, NULL), 0);
    close(peer.listener);
    peer.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer.listener, 8), 0);
    peer.green = gr_spawn(peer_run, &peer);
    reopen_client((gr_client_options){.unix_path = address.sun_path});
    assert_answer(gr_client_get(client, "http://shop.invalid/", &failure), 200, "hello");
    assert_non_null(strstr(peer.last, "Host: shop.invalid\r\n"));
    unlink(address.sun_path);
    reopen_client((gr_client_options){.unix_path = "/none"});
    assert_failed(gr_client_get(client, "http://shop.invalid/", &failure), GR_FAILURE_CONNECT,
                  ENOENT, "cannot connect to /none: No such file or directory");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_proxy_is_asked_for_the_whole_url),
        TEST(a_tunnel_that_does_not_come_is_told),
        TEST(tls_begins_behind_the_tunnel),
        TEST(a_unix_socket_is_asked_whatever_the_url),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
