#include "supervisor/admin_request.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/response_head.h"

static const int64_t patience = 5 * (int64_t)NS_PER_S;
/* With workers that do not answer, each after its time. */
static const int64_t long_patience = 30 * (int64_t)NS_PER_S;
static const int64_t farewell = 1 * (int64_t)NS_PER_S;

static const struct http_limits limits = {
    .request_line = 1024, .fields = ADMIN_FIELDS_MAX, .head = ADMIN_HEAD_MAX - 1, .body = 1};

void admin_request_open(struct admin_request *request, int fd) {
    *request = (struct admin_request){
        .state = ADMIN_ASKING, .fd = fd, .asked = -1, .due = clock_after(patience)};
}

static void forget_what_was_heard(struct admin_request *request) {
    if (request->asked >= 0) close(request->asked);
    request->asked = -1;
    free(request->heard);
    request->heard = NULL;
}

void admin_request_close(struct admin_request *request) {
    close(request->fd);
    free(request->answer);
    forget_what_was_heard(request);
    *request = (struct admin_request){.state = ADMIN_NONE, .fd = -1, .asked = -1, .due = NEVER};
}

short admin_request_events(const struct admin_request *request) {
    if (request->state == ADMIN_FOLLOWING)
        return admin_request_is_idle(request) ? POLLIN : POLLIN | POLLOUT;
    return request->state == ADMIN_LISTENING ? POLLOUT : POLLIN;
}

/* ---- the request ---- */

static gr_slice text_of(const struct admin_request *request, struct http_span span) {
    return (gr_slice){request->head + span.at, span.len};
}

gr_slice admin_request_path(const struct admin_request *request) {
    return text_of(request, request->parsed.path);
}

gr_slice admin_request_field(const struct admin_request *request, const char *name) {
    for (uint32_t i = 0; i < request->parsed.field_count; i++)
        if (gr_slice_equal_nocase(text_of(request, request->fields[i].name), gr_slice_of(name)))
            return text_of(request, request->fields[i].value);
    return (gr_slice){0};
}

static bool is_method(const struct admin_request *request, const char *name) {
    return gr_slice_equal(text_of(request, request->parsed.method), gr_slice_of(name));
}

/* A body that nobody reads is no reason to read on. */
static bool look_at_head(struct admin_request *request) {
    int status = 400;
    const char *why = "";
    switch (http_request_parse(request->head, request->filled, &limits, &request->parsed,
                               request->fields, &request->scanned, &status, &why)) {
    case HTTP_PARSE_INCOMPLETE:
        if (request->filled == sizeof request->head)
            admin_request_refuse(request, 431, "", "the head is too large");
        return false;
    case HTTP_PARSE_REFUSED:
        admin_request_refuse(request, status, "", why);
        return false;
    case HTTP_PARSE_DONE:
        break;
    }
    if (is_method(request, "GET") || is_method(request, "HEAD")) return true;
    admin_request_refuse(request, 405, "Allow: GET, HEAD\r\n", "only to be read");
    return false;
}

static bool receive(struct admin_request *request) {
    size_t room = sizeof request->head - request->filled;
    ssize_t n = recv(request->fd, request->head + request->filled, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        admin_request_close(request);
        return false;
    }
    request->filled += (uint32_t)n;
    return look_at_head(request);
}

/* ---- the answer ---- */

static void has_all(struct admin_request *request) {
    if (request->state == ADMIN_FOLLOWING) {
        request->due = NEVER;
        return;
    }
    shutdown(request->fd, SHUT_WR);
    request->state = ADMIN_LEAVING;
    request->due = clock_after(farewell);
}

static void send_on(struct admin_request *request) {
    ssize_t n = send(request->fd, request->answer + request->sent, request->size - request->sent,
                     MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return admin_request_close(request);
    request->sent += (size_t)n;
    request->due = clock_after(patience);
    if (request->sent == request->size) has_all(request);
}

void admin_request_answer(struct admin_request *request, int status, const char *type,
                          const char *fields, char *body, size_t len) {
    char head[1024];
    int head_len = snprintf(head, sizeof head,
                            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                            "X-Content-Type-Options: nosniff\r\n%sConnection: close\r\n\r\n",
                            status, http_reason(status), type, len, fields);
    size_t sent = !body || is_method(request, "HEAD") ? 0 : len;
    char *answer = realloc(body, (size_t)head_len + len + 1);
    if (!answer) {
        free(body);
        return admin_request_close(request);
    }
    memmove(answer + head_len, answer, sent);
    memcpy(answer, head, (size_t)head_len);
    forget_what_was_heard(request);
    request->answer = answer;
    request->size = (size_t)head_len + sent;
    request->sent = 0;
    request->state = ADMIN_LISTENING;
    request->due = clock_after(patience);
    send_on(request);
}

void admin_request_refuse(struct admin_request *request, int status, const char *fields,
                          const char *why) {
    char *text, lines[256];
    snprintf(lines, sizeof lines, ADMIN_NOT_STORED "%s", fields);
    int len = asprintf(&text, "%d %s%s%s\n", status, http_reason(status), *why ? ": " : "", why);
    if (len < 0) return admin_request_close(request);
    admin_request_answer(request, status, "text/plain", lines, text, (size_t)len);
}

void admin_request_wait(struct admin_request *request, int asked,
                        void (*answered)(struct admin_request *request)) {
    request->state = ADMIN_WAITING;
    request->asked = asked;
    request->answered = answered;
    request->due = clock_after(long_patience);
}

void admin_request_follow(struct admin_request *request, const char *type) {
    char *head;
    int len = asprintf(&head,
                       "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" ADMIN_NOT_STORED
                       "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
                       type);
    if (len < 0) return admin_request_close(request);
    request->answer = head;
    request->size = (size_t)len;
    request->state = is_method(request, "HEAD") ? ADMIN_LISTENING : ADMIN_FOLLOWING;
    request->due = clock_after(patience);
    send_on(request);
}

bool admin_request_is_idle(const struct admin_request *request) {
    return request->state == ADMIN_FOLLOWING && request->sent == request->size;
}

void admin_request_tell(struct admin_request *request, const char *text, size_t len) {
    char *copy = malloc(len);
    if (!copy) return admin_request_close(request);
    memcpy(copy, text, len);
    free(request->answer);
    request->answer = copy;
    request->size = len;
    request->sent = 0;
    request->due = clock_after(patience);
    send_on(request);
}

/* ---- */

static void look_for_end(struct admin_request *request) {
    ssize_t n = recv(request->fd, request->head, sizeof request->head, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) admin_request_close(request);
}

/* Who follows, or waits, has nothing more to send: it has left. */
static void look_for_more(struct admin_request *request) {
    char byte;
    if (recv(request->fd, &byte, 1, 0) >= 0 || (errno != EAGAIN && errno != EINTR))
        admin_request_close(request);
}

bool admin_request_act(struct admin_request *request) {
    if (request->state == ADMIN_ASKING) return receive(request);
    if (request->state == ADMIN_FOLLOWING || request->state == ADMIN_WAITING)
        look_for_more(request);
    if (request->state == ADMIN_LISTENING ||
        (request->state == ADMIN_FOLLOWING && !admin_request_is_idle(request)))
        send_on(request);
    else if (request->state == ADMIN_LEAVING)
        look_for_end(request);
    return false;
}
