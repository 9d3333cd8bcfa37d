#include "guard/guard_metrics.h"

#include "observe/metric.h"

struct family {
    gr_metric_kind kind;
    const char *name, *help;
    const char *label; /* besides the name of the downstream; NULL for none */
};

#define GAUGE GR_GAUGE, "greenroom_downstream_"
#define COUNTER GR_COUNTER, "greenroom_downstream_"
static const struct family
    connections_open = {GAUGE "connections_open", "Connections that are open", NULL},
    connections_limit = {GAUGE "connections_limit", "Connections that may be open", NULL},
    calls_open = {GAUGE "calls_open", "Calls that have not been answered yet", NULL},
    calls_limit = {GAUGE "calls_limit", "Calls that may be open", NULL},
    waiting = {GAUGE "waiting", "Those who wait for a turn, by what it is for", "turn"},
    breaker = {GAUGE "breaker", "Workers whose breaker is in that state", "state"},
    opened = {COUNTER "breaker_opened", "Times that the breaker opened", NULL},
    answers = {COUNTER "answers", "Calls that were answered", NULL},
    failures = {COUNTER "failures", "Connections and calls that failed", NULL},
    timeouts = {COUNTER "timeouts", "Connections, calls and turns that were late", "timeout"},
    refused = {COUNTER "refused", "Connections and calls that the policy refused", "reason"},
    turn_time = {GR_TIMER, "greenroom_downstream_turn_seconds", "Time that turns were waited for",
                 NULL};
#undef GAUGE
#undef COUNTER

/* value is that of its own label. */
static gr_metric *find(const struct family *family, const char *downstream, const char *value) {
    const gr_label labels[] = {{"downstream", downstream}, {family->label, value}};
    return metric_of_server(family->kind, family->name, family->help, labels,
                            family->label ? 2 : 1);
}

/* Of which there are so many. */
static void begin_turns(struct turns *turns, const char *downstream, const struct family *open,
                        const struct family *limit, const char *turn) {
    turns->taken_gauge = find(open, downstream, NULL);
    if (!turns->most) return;
    turns->queued_gauge = find(&waiting, downstream, turn);
    gr_metric_add(find(limit, downstream, NULL), turns->most);
}

static void begin_breaker(struct guard_metrics *metrics, const char *downstream) {
    for (int state = 0; state <= BREAKER_HALF_OPEN; state++)
        metrics->breaker[state] = find(&breaker, downstream, breaker_state_names[state]);
    gr_metric_add(metrics->breaker[BREAKER_CLOSED], 1);
    metrics->events[GUARD_OPENED] = find(&opened, downstream, NULL);
    metrics->events[GUARD_REFUSED] = find(&refused, downstream, "breaker");
}

void guard_metrics_begin(struct guard_metrics *metrics, const char *downstream,
                         const struct policy *policy, struct turns *connections,
                         struct turns *calls) {
    gr_metric **events = metrics->events;
    if (!metrics_on) return;
    events[GUARD_ANSWERED] = find(&answers, downstream, NULL);
    events[GUARD_FAILED] = find(&failures, downstream, NULL);
    begin_turns(connections, downstream, &connections_open, &connections_limit, "connection");
    if (policy->max_calls) begin_turns(calls, downstream, &calls_open, &calls_limit, "call");
    if (policy->max_connections || policy->max_calls) {
        metrics->turns = find(&turn_time, downstream, NULL);
        events[GUARD_TURN_TIMEOUT] = find(&timeouts, downstream, "turn");
    }
    if (policy->max_queued >= 0) events[GUARD_OVERFLOW] = find(&refused, downstream, "queue");
    if (policy->connect_timeout)
        events[GUARD_CONNECT_TIMEOUT] = find(&timeouts, downstream, "connect");
    if (policy->read_timeout) events[GUARD_READ_TIMEOUT] = find(&timeouts, downstream, "read");
    if (policy->breaker.percent) begin_breaker(metrics, downstream);
}

void guard_metrics_breaker(struct guard_metrics *metrics, enum breaker_state state) {
    if (metrics->shown == state) return;
    gr_metric_add(metrics->breaker[metrics->shown], -1);
    gr_metric_add(metrics->breaker[state], 1);
    metrics->shown = state;
}
