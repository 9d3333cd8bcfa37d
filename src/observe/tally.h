/* Where the time of one request went, as people ask for it: the account that the runtime keeps of
 * its green thread, and what was waited for in it.
 *
 * It counts for that green thread alone. Threads that it starts have no tally; the request waits
 * for them, and that is counted: as a lock, or as other for a scope. */
#ifndef OBSERVE_TALLY_H
#define OBSERVE_TALLY_H

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
    TALLY_OS_THREAD,  /* other slow calls, and all of a handler that an OS thread runs */
    TALLY_OTHER,      /* for another green thread, by a channel, a stream or a scope */
    TALLY_TIMES
};

/* As logs call them: "running", "os_thread". */
extern const char *const tally_names[TALLY_TIMES];

struct tally {
    struct account account;
    int client; /* the descriptor of its connection */
    int64_t for_client;
};

/* For the green thread that answers the request, and is running; the tally stays the caller's. */
void tally_open(struct tally *tally, int64_t now, int client);
void tally_close(struct tally *tally, int64_t now);

/* In ns, up to now; their sum is the time since tally_open. Of a tally that is closed, with the
 * time at which it was. For the green thread itself, or between sched_enter and sched_leave. */
void tally_read(const struct tally *tally, const struct green *green, int64_t now,
                int64_t times[TALLY_TIMES]);

#endif
