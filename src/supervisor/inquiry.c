#include "supervisor/inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "supervisor/state.h"

enum {
    PACKET_MAX = 16 * 1024,
    PACKETS = 64, /* of a worker, before others get a turn */
};

static const int64_t patience = 3 * (int64_t)NS_PER_S;

/* Of a peer that has left, nobody wants to know any more. */
static bool is_open(const struct inquiry *inquiry, const struct peer *peer) {
    return inquiry->number && peer->state == PEER_WAITING && peer->event == CONTROL_ANSWERED;
}

static void say(struct inquiry *inquiry, struct peer *peer, const struct worker *worker,
                const char *what) {
    inquiry->said = true;
    peer_say(peer, "%s (pid %d) %s", SLOT_NAME(worker->slot), worker->pid, what);
}

/* ---- questions ---- */

static unsigned next_number(void) {
    static unsigned last;
    if (++last == 0) ++last;
    return last;
}

static bool can_be_asked(const struct worker *worker, pid_t only) {
    bool runs = worker->state == WORKER_SERVING || worker->state == WORKER_LEAVING;
    bool listens = !slot_is_mule(worker->slot) || worker->called;
    return runs && listens && worker->question >= 0 && (!only || worker->pid == only);
}

static bool ask(struct inquiry *inquiry, struct worker *worker) {
    char packet[INQUIRY_WORDS + 16];
    inquiry->number = next_number();
    inquiry->worker = worker;
    inquiry->due = clock_after(patience);
    int len = snprintf(packet, sizeof packet, "%u %s", inquiry->number, inquiry->words);
    return send(worker->question, packet, (size_t)len, MSG_NOSIGNAL) == len;
}

/* Asks the first behind after that can be asked, or ends the answer. */
static void go_on(struct master *m, struct inquiry *inquiry, struct peer *peer,
                  struct worker *after) {
    while ((after = workers_next(&m->workers, after))) {
        if (!can_be_asked(after, inquiry->only)) continue;
        if (ask(inquiry, after)) return;
        say(inquiry, peer, after, "does not answer");
    }
    inquiry->number = 0;
    peer_end(peer, inquiry->said ? NULL : inquiry->none);
}

void inquiry_begin(struct master *m, struct peer *peer, const char *words, pid_t only,
                   const char *head, const char *none) {
    struct inquiry *inquiry = &m->inquiries[peer - m->control.peers];
    *inquiry = (struct inquiry){.only = only, .head = head, .none = none};
    bool found = false;
    for (struct worker *w = NULL; (w = workers_next(&m->workers, w));)
        found |= can_be_asked(w, only);
    if (only && !found) return peer_end(peer, "no worker has that process id");
    snprintf(inquiry->words, sizeof inquiry->words, "%s", words);
    peer_wait(peer, CONTROL_ANSWERED);
    go_on(m, inquiry, peer, NULL);
}

/* ---- answers ---- */

static void pass_on(struct inquiry *inquiry, struct peer *peer, char *lines) {
    char head[64], *rest;
    inquiry->said = true;
    const struct worker *worker = inquiry->worker;
    if (inquiry->head)
        snprintf(head, sizeof head, inquiry->head, SLOT_NAME(worker->slot), worker->pid);
    else
        snprintf(head, sizeof head, "%s\t%d\t", SLOT_LABEL(worker->slot), worker->pid);
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        peer_say(peer, "%s%s", *line == ' ' ? "" : head, line);
}

static void take(struct master *m, struct worker *worker, char *packet) {
    char *kind, *text;
    unsigned number = (unsigned)strtoul(packet, &kind, 10);
    for (int i = 0; i < CONTROL_PEERS; i++) {
        struct inquiry *inquiry = &m->inquiries[i];
        struct peer *peer = &m->control.peers[i];
        if (inquiry->number != number || inquiry->worker != worker || !is_open(inquiry, peer))
            continue;
        text = kind + (*kind != '\0');
        if (*kind == '|') {
            pass_on(inquiry, peer, text);
            inquiry->due = clock_after(patience);
            return;
        }
        if (*kind == '!') say(inquiry, peer, worker, text);
        go_on(m, inquiry, peer, worker);
        return;
    }
}

void inquiry_hear(struct master *m, struct worker *worker) {
    static char packet[PACKET_MAX + 1];
    for (int i = 0; i < PACKETS; i++) {
        ssize_t n = recv(worker->question, packet, PACKET_MAX, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) worker_end_questions(worker);
        if (n <= 0) return;
        packet[n] = '\0';
        take(m, worker, packet);
    }
}

static void give_up(struct master *m, int which, const char *why) {
    struct inquiry *inquiry = &m->inquiries[which];
    struct peer *peer = &m->control.peers[which];
    if (!is_open(inquiry, peer)) {
        inquiry->number = 0;
        return;
    }
    say(inquiry, peer, inquiry->worker, why);
    go_on(m, inquiry, peer, inquiry->worker);
}

void inquiry_lose(struct master *m, struct worker *worker) {
    for (int i = 0; i < CONTROL_PEERS; i++)
        if (m->inquiries[i].number && m->inquiries[i].worker == worker) give_up(m, i, "has ended");
}

int64_t inquiry_due(const struct master *m) {
    int64_t due = NEVER;
    for (int i = 0; i < CONTROL_PEERS; i++)
        if (m->inquiries[i].number && m->inquiries[i].due < due) due = m->inquiries[i].due;
    return due;
}

void inquiry_act_on_time(struct master *m, int64_t now) {
    for (int i = 0; i < CONTROL_PEERS; i++)
        if (m->inquiries[i].number && m->inquiries[i].due <= now) give_up(m, i, "does not answer");
}
