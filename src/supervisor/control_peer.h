/* Somebody who is connected to the control socket. It sends one request, a line of words, and gets
 * an answer:
 *
 *     status\n                 the name of a command, and what else it is told
 *     | slot  pid  state\n     what there is to say, a line each
 *     ok\n                     the end: or "failed ", and why
 *
 * It cannot hold up anybody: nothing here blocks, a request and an answer have their limits, and
 * who takes too long over one of them is dropped. */
#ifndef SUPERVISOR_CONTROL_PEER_H
#define SUPERVISOR_CONTROL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PEER_REQUEST_MAX = 1024,
    PEER_ANSWER_MAX = 1 << 20,
};

/* What a command may have to wait for. */
enum control_event { CONTROL_RELOADED, CONTROL_STOPPED, CONTROL_ANSWERED };

enum peer_state {
    PEER_NONE,
    PEER_ASKING,
    PEER_WAITING, /* for an event; the answer is not complete */
    PEER_LISTENING,
};

struct peer {
    enum peer_state state;
    int fd;
    enum control_event event; /* while WAITING */
    int64_t due;              /* when it is dropped */
    char request[PEER_REQUEST_MAX];
    size_t filled;
    char *answer; /* malloc'ed */
    size_t size, said, sent;
};

/* Takes over a connected socket that does not block. */
void peer_open(struct peer *peer, int fd);

void peer_close(struct peer *peer);

/* What poll(2) is to look for. */
short peer_events(const struct peer *peer);

/* Has poll(2) found something? Then the peer may be done with, and NONE; or its request is there:
 * true is returned, and request is a string without its line break. */
bool peer_act(struct peer *peer);

/* Adds a line to the answer, printf(3) style. */
void peer_say(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The answer is complete: all is well, or why not. */
void peer_end(struct peer *peer, const char *why);

/* The answer will be completed when something has happened. */
void peer_wait(struct peer *peer, enum control_event event);

#endif
