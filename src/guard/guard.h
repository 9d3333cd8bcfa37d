/* What holds for each downstream that a policy is about: who may connect, what has become of it,
 * and counts for those who report.
 *
 * Each downstream has a guard of its own, also where one policy is about several. It is found when
 * a connection is made, and stays with the connection (guard/guarded.h). Owned by the scheduler's
 * carrier, but for what is read by others to show it. */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <sys/socket.h>

#include "guard/guard_metrics.h"
#include "observe/downstream.h"

enum { GUARD_POLICIES_MAX = 64 };

struct guard {
    const struct policy *policy; /* NULL: there is none for it */
    bool looked_up;
    struct turns connections; /* open ones */
    struct turns calls;       /* those that have been sent something and have not answered yet */
    struct breaker breaker;
    uint64_t counts[GUARD_EVENTS]; /* since the process started */
    struct guard_metrics metrics;
};

/* Are there any policies? Hooks ask nothing else while there are none. */
extern RT_SHARED bool guards_on;

/* The policies stay the caller's. On the main thread, once, when the runtime has started. Returns
 * 0, or -1 with errno. */
RT_SHARED int guards_init(const struct policy *policies, int count);

/* For who reports: the guard behind that one, the first behind NULL; NULL for no more. */
RT_SHARED const struct guard *guard_next(const struct guard *guard);

/* "db.example:5432" */
RT_SHARED const char *guard_name(const struct guard *guard);

/* --- Between sched_enter and sched_leave --- */

/* The guard of a downstream that is connected to at that address; NULL for none. */
struct guard *guard_find(downstream_id id, const struct sockaddr *address);

/* Waits for a place among its connections until due, unless the breaker is open. Parks. Returns 0,
 * and whether the connection is a probe; or an errno: ECONNREFUSED (the breaker, or the queue is
 * full), ETIMEDOUT, ECANCELED, EBADF. The place is given back by turns_give_back. */
int guard_admit(struct guard *guard, int fd, int64_t due, bool *probe);

/* The same for a place among its calls, breaker or not. */
int guard_admit_call(struct guard *guard, int fd, int64_t due);

void guard_count(struct guard *guard, enum guard_event event);

/* What has become of a connection or a call. Whoever waits for a connection when that opens the
 * breaker is refused. Says so in the log. */
void guard_note(struct guard *guard, bool failed, bool probe);

#endif
