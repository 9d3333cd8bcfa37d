/* Where the time of one request went, as people ask for it: the account that the runtime keeps of
 * its green thread, and what was waited for in it.
 *
 * It counts for that green thread alone. Threads that it starts have no tally; the request waits
 * for them, and that is counted: as a lock, or as other for a scope. */
#ifndef OBSERVE_TALLY_H
#define OBSERVE_TALLY_H

#include "observe/downstream.h"
#include "runtime/account.h"

enum tally_time {
    TALLY_RUNNING,
    TALLY_QUEUED,
    TALLY_INTERPRETER,
    TALLY_LOCK,
    TALLY_SLEEP,
    TALLY_DOWNSTREAM, /* waits for descriptors, but the client's */
    TALLY_CLIENT,     /* for its body, and for it to take the answer */
    TALLY_LOOKUP,     /* of names */
    TALLY_OS_THREAD,  /* other slow calls, and what a handler on an OS thread does not run */
    TALLY_OTHER,      /* for another green thread, by a channel, a stream or a scope */
    TALLY_TIMES
};

/* As logs call them: "running", "os_thread". */
RT_SHARED extern const char *const tally_names[TALLY_TIMES];

/* What one downstream was to the request. */
struct tally_use {
    downstream_id downstream;
    uint16_t connections;      /* that were opened */
    uint32_t sending : 1;      /* the last that happened was a send */
    uint32_t round_trips : 31; /* how often sending began: what is sent in a row counts once */
    int64_t waited;            /* ns */
    uint64_t sent, received;   /* bytes */
};

enum { TALLY_USES = 8 };

struct tally {
    struct account account;
    int client; /* the descriptor of its connection */
    uint16_t lookups;
    uint16_t use_count;
    int64_t for_client, for_lookups;
    struct tally_use uses[TALLY_USES]; /* in the order in which they came; use_count of them */
    struct tally_use others;           /* the sum of those beyond: DOWNSTREAM_OTHERS */
};

/* For the green thread that answers the request, and is running; the tally stays the caller's. */
void tally_open(struct tally *tally, int64_t now, int client);
void tally_close(struct tally *tally, int64_t now);

/* --- For the hooks, of the calling green thread, if it has an account. Never park. --- */

/* fd is being connected to that address, which can be read. */
RT_SHARED void tally_connecting(int fd, const struct sockaddr *to, socklen_t len);

/* So many bytes were sent from data, or received. data may be NULL: then nothing is told of what
 * they are. */
RT_SHARED void tally_sent(int fd, const void *data, size_t len);
RT_SHARED void tally_received(int fd, size_t len);

/* A name was looked up, on another kernel task, since the account had spent that time on such. */
RT_SHARED void tally_looked_up(int64_t spent_before);

/* Of what was counted as the work of an OS thread, that much was running. */
void tally_ran_apart(struct tally *tally, int64_t ns);

/* --- For who reports --- */

static inline bool tally_is_used(const struct tally_use *use) {
    return use->waited || use->sent || use->received || use->connections;
}

/* A copy of a tally that is not closed, as of now: with the state that its green thread is in. For
 * that green thread, or between sched_enter and sched_leave. */
struct tally tally_now(const struct tally *tally, const struct green *green, int64_t now);

/* In ns; their sum is the time since tally_open. Of one that is closed, or a copy. */
void tally_read(const struct tally *tally, int64_t times[TALLY_TIMES]);

/* What most of it went on, as logs call it: "sleep", "postgres@db.example:5432". Returns the ns. */
int64_t tally_most(const struct tally *tally, char *name, size_t room);

#endif
