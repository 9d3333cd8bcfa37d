/* Connections to guarded downstreams, from connect(2) to their last close. Each is tied to its
 * descriptors (fd_tie), so that it ends with them, whoever closes them.
 *
 *                  connected          sent             received
 *     CONNECTING ────────────▶ NEW ──────────▶ ASKED ──────────────▶ IDLE
 *         │                     │  received      │  ◀──── sent ───────  │
 *         │                     │ ───────────────┼───────────────────▶  │
 *         └─────────────────────┴──── fails ─────┴──────────────────────┴──▶ FAILED
 *
 * ASKED is what a call is: something was sent, and no byte of an answer has been received. The
 * first one ends the call, and is a success. A failure is: a connection that is not made, one that
 * ends or is reset while it is NEW or ASKED, time that runs out, and a connection that is closed
 * while it is CONNECTING, or ASKED and waited for: then the application has given up.
 *
 * Time runs for connecting; for a call, since it was last sent something; and for a wait for
 * something to read. When it is up, the connection is shut down, which ends the waits of all who
 * wait for it in whatever way, and is late: whoever asks for the outcome is told ETIMEDOUT.
 *
 * Invariants: one that is not FREE has a place among its guard's connections; one that is_calling
 * has a place among its guard's calls, and is NEW, ASKED, or IDLE and about to send; the timer runs
 * only while one is CONNECTING, ASKED, or waited for.
 *
 * Owned by the scheduler's carrier, but for held_find. */
#ifndef GUARD_HELD_H
#define GUARD_HELD_H

#include "guard/guard.h"
#include "runtime/timer.h"

/* How many there may be at a time. */
enum { HELD_MAX = 65536 };

enum held_state { HELD_FREE, HELD_CONNECTING, HELD_NEW, HELD_ASKED, HELD_IDLE, HELD_FAILED };

struct held {
    struct timer timer;
    struct guard *guard;
    struct held *next; /* of those that are free, or that have ended */
    int descriptors;   /* that are tied to it. Atomic */
    enum held_state state;
    bool is_late;    /* its time was up: it is shut down */
    bool is_calling; /* has a place among the calls */
    bool is_probe;   /* of the breaker, and nothing is known of it yet */
    bool is_awaited; /* somebody has waited for the answer to this call */
};

/* Returns 0, or -1 with errno. */
int held_init(void);

/* The one that fd is tied to; NULL for none. Any caller. */
struct held *held_find(int fd);

/* Begins one that is CONNECTING, and has been admitted: until due, if the policy limits that.
 * Returns NULL when there are HELD_MAX. */
struct held *held_begin(struct guard *guard, int fd, bool is_probe, int64_t due);

/* What has become of it. */
void held_connected(struct held *held);
void held_asked(struct held *held);
void held_answered(struct held *held);
void held_failed(struct held *held);

/* Its call is over, or has not come about. */
void held_end_call(struct held *held);

/* The time to read runs from now on, if the policy limits it; or no more. */
void held_start_time(struct held *held);
void held_stop_time(struct held *held);
bool held_has_time(const struct held *held);

/* One more descriptor for it. Any caller. */
void held_join(struct held *held, int fd);

/* Looks at a socket: is it connected; has it got one of these events? */
bool held_has_peer(int fd);
bool held_has_event(int fd, short events);

#endif
