/* The control socket: a unix socket by which its owner talks to the master (`greenroom status`).
 * What can be said on it is in control_peer.h, the commands are in control_command.c. */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include <poll.h>

#include "supervisor/control_path.h"
#include "supervisor/control_peer.h"
#include "supervisor/listener.h"

enum {
    CONTROL_PEERS = 16,  /* at a time; others are queued in the kernel */
    CONTROL_WAITING = 8, /* of them, for something to happen */
    CONTROL_WATCHED = CONTROL_PEERS + 2
};

struct master;

struct control {
    bool open;
    struct listener listener;
    int64_t rest; /* until when nobody is let in, for want of a descriptor; 0: it is not so */
    struct peer peers[CONTROL_PEERS];
};

/* Opens the socket, for its owner alone. path is NULL for the usual place (where that cannot be
 * used the log says so, and there is none), and "" for none. Returns 0, or -1 with a sentence. */
int control_open(struct control *control, const char *path, char error[SENTENCE_SIZE]);

/* The socket's file goes, and everybody who is connected. */
void control_close(struct control *control);

/* From now on, whether there is a socket or not, control_connect lets in other threads of the
 * master's. Returns 0, or -1 with errno. */
int control_let_in(void);

/* For any thread: a connection to it that does not block, or -1 with errno. */
int control_connect(void);

/* What poll(2) is to look for, in CONTROL_WATCHED places. */
void control_watch(const struct control *control, struct pollfd *watched);

/* What it has found. */
void control_act(struct master *m, const struct pollfd *watched);

/* When somebody is to be dropped, or let in again, and does what is due. */
int64_t control_due(const struct control *control);
void control_act_on_time(struct control *control, int64_t now);

/* Can one more peer wait? */
bool control_can_wait(const struct control *control);

/* It has happened, well or not: tells those who wait for it. said, unless it is NULL, is a line for
 * them. */
void control_tell(struct control *control, enum control_event event, const char *said,
                  const char *why);

#endif
