/* The smallest HTTP client that is of use: GET over plain blocking sockets, which are kept for the
 * next request. */
#ifndef EXAMPLES_HTTP_GET_H
#define EXAMPLES_HTTP_GET_H

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_GET_IDLE_MAX = 1024, HTTP_GET_REPLY_MAX = 8192 };

struct http_server {
    struct addrinfo *address;
    char host[256];              /* as in the Host field */
    pthread_mutex_t lock;        /* of the following */
    int idle[HTTP_GET_IDLE_MAX]; /* open connections, the last one used on top */
    int idle_count;
};

struct http_reply {
    int status;
    char *body; /* inside data */
    size_t body_len;
    bool keep_alive;
    char data[HTTP_GET_REPLY_MAX];
    size_t len;
};

/* host_port: "127.0.0.1:8080". Returns 0, or -1 with errno EINVAL. */
int http_server_init(struct http_server *server, const char *host_port);

/* Blocks for at most 10 s without a byte. Returns 0, or -1 with errno: of the socket calls,
 * ETIMEDOUT, EPROTO (not HTTP) or EMSGSIZE (a reply longer than fits). A connection that turns out
 * to have been closed while it was idle is replaced by a new one. */
int http_get(struct http_server *server, const char *path, struct http_reply *reply);

#endif
