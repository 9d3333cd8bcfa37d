/* A peer for the tests of the client: a server on a green thread which says what it is told to. */
#ifndef CLIENT_FIXTURE_H
#define CLIENT_FIXTURE_H

#include "runtime_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/client.h"

/* In the place of a reply. */
#define HANG_UP ((const char *)1) /* ends the connection, without waiting for a request */
#define RESET ((const char *)2)   /* the same by a reset, once a request has come */
#define SILENCE ((const char *)3) /* nothing, until the client has gone */

struct peer {
    int listener, port;
    const char *all[8];         /* replies, one for each request, NULL behind the last */
    const char *const *replies; /* those that are still to be given */
    size_t first_len;           /* of the first reply; 0: it is text */
    int connections;            /* that have been accepted */
    int requests;
    char last[8192]; /* request, with its body */
    gr_green *green;
};

/* Of a request that has Content-Length, or none, or chunks. */
static inline bool is_whole(const char *text) {
    const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
    if (!end) return false;
    if (strstr(text, "chunked")) return strstr(end, "\r\n0\r\n\r\n");
    return strlen(end + 4) >= (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
}

/* Returns false when the client has gone. */
static inline bool peer_receive(struct peer *peer, int fd) {
    size_t len = 0;
    do {
        ssize_t n = recv(fd, peer->last + len, sizeof peer->last - 1 - len, 0);
        if (n <= 0) return false;
        len += (size_t)n;
        peer->last[len] = '\0';
    } while (!is_whole(peer->last));
    peer->requests++;
    return true;
}

static inline void peer_reset(int fd) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static inline void peer_converse(struct peer *peer, int fd) {
    char byte;
    for (; *peer->replies; peer->replies++) {
        const char *reply = *peer->replies;
        if (reply == HANG_UP) {
            peer->replies++;
            return;
        }
        if (!peer_receive(peer, fd)) return;
        if (reply == RESET) {
            peer->replies++;
            return peer_reset(fd);
        }
        if (reply == SILENCE)
            recv(fd, &byte, 1, 0);
        else
            send(fd, reply, peer->first_len ? peer->first_len : strlen(reply), MSG_NOSIGNAL);
        peer->first_len = 0;
    }
}

static inline void *peer_run(void *arg) {
    struct peer *peer = arg;
    while (*peer->replies) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0) break;
        peer->connections++;
        peer_converse(peer, fd);
        close(fd);
    }
    return NULL;
}

static inline void peer_start(struct peer *peer, const char *const *replies) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    *peer = (struct peer){.replies = peer->all};
    for (int i = 0; replies[i]; i++) {
        assert_in_range(i, 0, sizeof peer->all / sizeof *peer->all - 2);
        peer->all[i] = replies[i];
    }
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(peer->listener, 64), 0);
    getsockname(peer->listener, (struct sockaddr *)&address, &len);
    peer->port = ntohs(address.sin_port);
    peer->green = gr_spawn(peer_run, peer);
    assert_non_null(peer->green);
}

/* The client has to have closed its connections, or the peer to have said all. */
static inline void peer_end(struct peer *peer) {
    gr_deadline_set(gr_now() + 10 * (int64_t)NS_PER_S);
    shutdown(peer->listener, SHUT_RDWR);
    assert_int_equal(gr_join(peer->green, NULL), 0);
    gr_deadline_set(0);
    close(peer->listener);
}

/* The URL of a path of the peer. Good until the fourth one after it. */
static inline const char *peer_url(const struct peer *peer, const char *path) {
    static char urls[4][128];
    static int next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", peer->port, path);
    return url;
}

#define PEER_START(peer, ...) peer_start(peer, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what the tests share ---- */

#define OK(body_) "HTTP/1.1 200 OK\r\nContent-Length: " body_
#define HELLO OK("5\r\n\r\nhello")

static gr_client *client;
static gr_failure failure;
static struct peer peer;

static inline int open_client(void **state) {
    client = gr_client_open(&(gr_client_options){.proxy = ""}, &failure);
    failure = (gr_failure){0};
    return client ? 0 : -1;
}

static inline int close_client(void **state) {
    gr_client_close(client);
    peer_end(&peer);
    return 0;
}

static inline void reopen_client(gr_client_options options) {
    gr_client_close(client);
    if (!options.proxy) options.proxy = ""; /* whatever the environment says */
    client = gr_client_open(&options, &failure);
    assert_non_null(client);
}

static inline gr_answer *get(void) { return gr_client_get(client, peer_url(&peer, "/"), &failure); }

static inline gr_answer *ask(gr_call call) {
    call.url = peer_url(&peer, "/");
    return gr_client_call(client, &call, &failure);
}

/* The whole of an answer with that status and body; closes it. */
static inline void assert_answer(gr_answer *answer, int status, const char *body) {
    gr_slice got;
    if (!answer) fail_msg("%s", failure.why);
    assert_int_equal(gr_answer_status(answer), status);
    assert_int_equal(gr_answer_collect(answer, 1 << 20, &got), 0);
    assert_int_equal(got.len, strlen(body));
    assert_memory_equal(got.data, body, got.len);
    gr_answer_close(answer);
}

static inline void assert_failed(gr_answer *answer, gr_failure_kind kind, int error,
                                 const char *told) {
    assert_null(answer);
    if (!strstr(failure.why, told)) fail_msg("\"%s\" lacks \"%s\"", failure.why, told);
    assert_int_equal(failure.kind, kind);
    assert_int_equal(failure.error, error);
}

static inline void assert_connections(size_t open, size_t idle) {
    size_t idle_now;
    assert_int_equal(gr_client_connections(client, &idle_now), open);
    assert_int_equal(idle_now, idle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)

#endif
