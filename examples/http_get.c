#include "http_get.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TIMEOUT = 10 }; /* s */

int http_server_init(struct http_server *server, const char *host_port) {
    char host[sizeof server->host];
    const char *colon = strrchr(host_port, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    errno = EINVAL;
    if (!colon || (size_t)(colon - host_port) >= sizeof host || strlen(host_port) >= sizeof host)
        return -1;
    memcpy(host, host_port, (size_t)(colon - host_port));
    host[colon - host_port] = '\0';
    strcpy(server->host, host_port);
    server->idle_count = 0;
    pthread_mutex_init(&server->lock, NULL);
    return getaddrinfo(host, colon + 1, &hints, &server->address) == 0 ? 0 : -1;
}

/* ---- connections ---- */

static int take_idle(struct http_server *server) {
    pthread_mutex_lock(&server->lock);
    int fd = server->idle_count ? server->idle[--server->idle_count] : -1;
    pthread_mutex_unlock(&server->lock);
    return fd;
}

static void give_back(struct http_server *server, int fd, bool reusable) {
    pthread_mutex_lock(&server->lock);
    bool keep = reusable && server->idle_count < HTTP_GET_IDLE_MAX;
    if (keep) server->idle[server->idle_count++] = fd;
    pthread_mutex_unlock(&server->lock);
    if (!keep) close(fd);
}

static int open_connection(const struct http_server *server) {
    const struct addrinfo *address = server->address;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    struct timeval limit = {.tv_sec = TIMEOUT};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- the reply ---- */

enum completeness { INCOMPLETE, COMPLETE, BROKEN };

/* The value of a header field within a head that ends with an empty line; NULL if there is none. */
static const char *field(const char *head, const char *name) {
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line[2] != '\r'; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
            return line + 3 + len + strspn(line + 3 + len, " \t");
    return NULL;
}

/* Removes the framing of a chunked body, once it is all there. */
static enum completeness join_chunks(struct http_reply *reply) {
    const char *end = reply->data + reply->len;
    for (int pass = 0; pass < 2; pass++) { /* first look, then move */
        char *from = reply->body, *to = reply->body;
        for (;;) {
            char *line_end = memmem(from, (size_t)(end - from), "\r\n", 2), *digits_end;
            if (!line_end) return INCOMPLETE;
            unsigned long size = strtoul(from, &digits_end, 16);
            if (digits_end == from || size > HTTP_GET_REPLY_MAX) return BROKEN;
            if (size == 0 && end - line_end < 4) return INCOMPLETE; /* trailers are not expected */
            if (size == 0) break;
            if ((size_t)(end - line_end) < size + 4) return INCOMPLETE;
            if (pass == 1) memmove(to, line_end + 2, size);
            to += size;
            from = line_end + 2 + size + 2;
        }
        reply->body_len = (size_t)(to - reply->body);
    }
    return COMPLETE;
}

static enum completeness look_at(struct http_reply *reply, bool ended) {
    reply->data[reply->len] = '\0';
    char *head_end = strstr(reply->data, "\r\n\r\n");
    if (!head_end) return ended ? BROKEN : INCOMPLETE;
    if (sscanf(reply->data, "HTTP/1.%*1d %3d", &reply->status) != 1) return BROKEN;
    reply->body = head_end + 4;
    size_t received = (size_t)(reply->data + reply->len - reply->body);
    const char *coding = field(reply->data, "Transfer-Encoding");
    const char *length = field(reply->data, "Content-Length");
    const char *connection = field(reply->data, "Connection");
    reply->keep_alive = !connection || strncasecmp(connection, "close", 5) != 0;
    if (coding && strncasecmp(coding, "chunked", 7) == 0) {
        enum completeness result = join_chunks(reply);
        return result == INCOMPLETE && ended ? BROKEN : result;
    }
    if (length) {
        reply->body_len = strtoul(length, NULL, 10);
        if (received >= reply->body_len) return COMPLETE;
        return ended ? BROKEN : INCOMPLETE;
    }
    reply->body_len = received;
    reply->keep_alive = false;
    return ended ? COMPLETE : INCOMPLETE;
}

static int receive(int fd, struct http_reply *reply) {
    for (reply->len = 0;;) {
        size_t room = sizeof reply->data - 1 - reply->len;
        if (room == 0) {
            errno = EMSGSIZE;
            return -1;
        }
        ssize_t n = recv(fd, reply->data + reply->len, room, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno == EAGAIN) errno = ETIMEDOUT;
            return -1;
        }
        reply->len += (size_t)n;
        enum completeness result = look_at(reply, n == 0);
        if (result == COMPLETE) return 0;
        if (result == BROKEN) {
            errno = reply->len ? EPROTO : ECONNRESET;
            return -1;
        }
    }
}

static int send_request(int fd, const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

static int exchange(struct http_server *server, int fd, const char *path,
                    struct http_reply *reply) {
    char text[1024];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n",
                       path, server->host);
    if (len >= (int)sizeof text) {
        errno = EINVAL;
        return -1;
    }
    reply->len = 0;
    return send_request(fd, text, (size_t)len) < 0 ? -1 : receive(fd, reply);
}

/* Has the server closed the connection before it saw the request? */
static bool was_stale(const struct http_reply *reply) {
    return reply->len == 0 && (errno == EPIPE || errno == ECONNRESET);
}

int http_get(struct http_server *server, const char *path, struct http_reply *reply) {
    for (;;) {
        int fd = take_idle(server);
        bool fresh = fd < 0;
        if (fresh && (fd = open_connection(server)) < 0) return -1;
        bool done = exchange(server, fd, path, reply) == 0;
        int error = errno;
        give_back(server, fd, done && reply->keep_alive);
        if (done) return 0;
        errno = error;
        if (fresh || !was_stale(reply)) return -1;
    }
}
