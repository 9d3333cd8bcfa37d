/* Guards in the metrics (docs/downstreams.md): each change as it happens, so that nothing is lost
 * with the process, and gauges by what they change, so that those of all that share a series add
 * up. What a policy does not limit has no series. Owned by the scheduler's carrier. */
#ifndef GUARD_GUARD_METRICS_H
#define GUARD_GUARD_METRICS_H

#include "guard/policy.h"
#include "guard/turns.h"

enum guard_event {
    GUARD_CONNECTED,
    GUARD_ANSWERED,
    GUARD_FAILED,
    GUARD_CONNECT_TIMEOUT, /* is a failure, too */
    GUARD_READ_TIMEOUT,    /* is a failure, too */
    GUARD_TURN_TIMEOUT,    /* a turn did not come in time */
    GUARD_REFUSED,         /* a connection, by the breaker */
    GUARD_OVERFLOW,        /* found the queue full */
    GUARD_OPENED,          /* the breaker */
    GUARD_EVENTS
};

/* All NULL: nobody wants to know. */
struct guard_metrics {
    gr_metric *events[GUARD_EVENTS];
    gr_metric *turns; /* how long they were waited for */
    gr_metric *breaker[BREAKER_HALF_OPEN + 1];
    enum breaker_state shown; /* of the breaker */
};

/* Of a downstream of that name, which a policy is about; its places, all of them free, tell from
 * now on. */
void guard_metrics_begin(struct guard_metrics *metrics, const char *name,
                         const struct policy *policy, struct turns *connections,
                         struct turns *calls);

void guard_metrics_breaker(struct guard_metrics *metrics, enum breaker_state state);

#endif
