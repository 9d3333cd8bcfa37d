#include "supervisor/control_peer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* To send the request, or to take the answer. */
static const int64_t patience = 5 * (int64_t)NS_PER_S;

void peer_open(struct peer *peer, int fd) {
    *peer = (struct peer){.state = PEER_ASKING, .fd = fd, .due = clock_after(patience)};
}

/* What is left unread would have the kernel reset the connection, and the answer be lost. */
void peer_close(struct peer *peer) {
    recv(peer->fd, peer->request, sizeof peer->request, 0);
    close(peer->fd);
    free(peer->answer);
    *peer = (struct peer){.state = PEER_NONE, .due = NEVER};
}

short peer_events(const struct peer *peer) {
    return peer->state == PEER_LISTENING ? POLLOUT : POLLIN;
}

/* ---- the request ---- */

static bool receive(struct peer *peer) {
    size_t room = sizeof peer->request - peer->filled;
    ssize_t n = recv(peer->fd, peer->request + peer->filled, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        peer_close(peer);
        return false;
    }
    peer->filled += (size_t)n;
    char *end = memchr(peer->request, '\n', peer->filled);
    if (end) *end = '\0';
    if (!end && peer->filled == sizeof peer->request) peer_end(peer, "the request is too long");
    return end;
}

/* Who waits has nothing more to send: it has left. */
static void look_for_end(struct peer *peer) {
    char byte;
    if (recv(peer->fd, &byte, 1, 0) >= 0 || (errno != EAGAIN && errno != EINTR)) peer_close(peer);
}

/* ---- the answer ---- */

static void send_on(struct peer *peer) {
    ssize_t n = send(peer->fd, peer->answer + peer->sent, peer->said - peer->sent, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n >= 0) peer->sent += (size_t)n;
    if (n < 0 || peer->sent == peer->said) peer_close(peer);
}

static bool reserve(struct peer *peer, size_t len) {
    size_t wanted = peer->said + len, size = peer->size ? peer->size : 512;
    if (wanted > PEER_ANSWER_MAX) return false;
    while (size < wanted) size *= 2;
    char *answer = size == peer->size ? peer->answer : realloc(peer->answer, size);
    if (!answer) return false;
    peer->answer = answer;
    peer->size = size;
    return true;
}

static void put(struct peer *peer, const char *text, size_t len) {
    if (!reserve(peer, len)) return;
    memcpy(peer->answer + peer->said, text, len);
    peer->said += len;
}

void peer_say(struct peer *peer, const char *format, ...) {
    char line[2048] = "| ";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + 2, sizeof line - 4, format, arguments);
    va_end(arguments);
    for (char *at = line; (at = strchr(at, '\n'));) *at = ' ';
    strcat(line, "\n");
    put(peer, line, strlen(line));
}

void peer_end(struct peer *peer, const char *why) {
    char line[1024];
    int len = why ? snprintf(line, sizeof line - 1, "failed %s", why) : sprintf(line, "ok");
    if (len > (int)sizeof line - 2) len = sizeof line - 2;
    line[len++] = '\n';
    put(peer, line, (size_t)len);
    peer->state = PEER_LISTENING;
    peer->due = clock_after(patience);
    send_on(peer);
}

void peer_wait(struct peer *peer, enum control_event event) {
    peer->state = PEER_WAITING;
    peer->event = event;
    peer->due = NEVER;
}

bool peer_act(struct peer *peer) {
    if (peer->state == PEER_ASKING) return receive(peer);
    if (peer->state == PEER_WAITING)
        look_for_end(peer);
    else if (peer->state == PEER_LISTENING)
        send_on(peer);
    return false;
}
