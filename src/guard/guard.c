#include "guard/guard.h"

#include <errno.h>
#include <string.h>

#include "greenroom/log.h"
#include "guard/held.h"
#include "guard/subject.h"

static struct {
    const struct policy *policy;
    struct subject subject;
} rules[GUARD_POLICIES_MAX];
static int rule_count;
static struct guard guards[DOWNSTREAMS_MAX + 1];

bool guards_on;

/* One that is about a single downstream has its place kept, however many others come first. */
static void expect(const struct policy *policy, const struct subject *subject) {
    bool local = strncmp(subject->host, "unix:", 5) == 0;
    if (local || (*subject->host && subject->port))
        downstream_expect(policy->subject, subject->port);
}

int guards_init(const struct policy *policies, int count) {
    for (int i = 0; i < count; i++) {
        const char *why = subject_parse(policies[i].subject, &rules[i].subject);
        if (why || count > GUARD_POLICIES_MAX) {
            errno = EINVAL;
            return -1;
        }
        rules[i].policy = &policies[i];
        expect(&policies[i], &rules[i].subject);
    }
    rule_count = count;
    if (count && held_init() < 0) return -1;
    guards_on = count > 0;
    return 0;
}

static const struct policy *policy_of(downstream_id id, const struct sockaddr *address) {
    const struct downstream *downstream = downstream_get(id);
    const struct policy *best = NULL;
    unsigned fits_best = 0;
    for (int i = 0; i < rule_count; i++) {
        unsigned fits =
            subject_fits(&rules[i].subject, downstream->name, downstream->port, address);
        if (fits <= fits_best) continue;
        fits_best = fits;
        best = rules[i].policy;
    }
    return best;
}

struct guard *guard_find(downstream_id id, const struct sockaddr *address) {
    struct guard *guard = &guards[id];
    if (id == DOWNSTREAM_OTHERS) return NULL;
    if (!guard->looked_up) {
        guard->policy = policy_of(id, address);
        guard->looked_up = true;
        if (guard->policy) {
            turns_init(&guard->connections, guard->policy->max_connections,
                       guard->policy->max_queued);
            turns_init(&guard->calls, guard->policy->max_calls, guard->policy->max_queued);
            guard_metrics_begin(&guard->metrics, guard_name(guard), guard->policy,
                                &guard->connections, &guard->calls);
        }
    }
    return guard->policy ? guard : NULL;
}

const struct guard *guard_next(const struct guard *guard) {
    for (guard = guard ? guard + 1 : guards; guard < guards + DOWNSTREAMS_MAX + 1; guard++)
        if (guard->policy) return guard;
    return NULL;
}

const char *guard_name(const struct guard *guard) {
    return downstream_get((downstream_id)(guard - guards))->name;
}

void guard_count(struct guard *guard, enum guard_event event) {
    guard->counts[event]++;
    gr_metric_add(guard->metrics.events[event], 1);
}

/* ---- the breaker ---- */

static void tell(struct guard *guard, bool was_closed) {
    const struct breaker_rule *rule = &guard->policy->breaker;
    double pause = (double)rule->pause / NS_PER_S;
    if (guard->breaker.state == BREAKER_CLOSED) {
        gr_log(GR_LOG_INFO, "downstream %s answers again: connections are let through",
               guard_name(guard));
    } else if (was_closed) {
        struct breaker_slice sum = breaker_sum(&guard->breaker, rule, clock_now());
        gr_log(GR_LOG_WARNING,
               "downstream %s has failed %u times of %u in %g s: connections are refused for %g s",
               guard_name(guard), sum.failed, sum.failed + sum.answered,
               (double)rule->window / NS_PER_S, pause);
    } else {
        gr_log(GR_LOG_WARNING, "downstream %s fails still: connections are refused for %g s more",
               guard_name(guard), pause);
    }
}

void guard_note(struct guard *guard, bool failed, bool probe) {
    bool was_closed = guard->breaker.state == BREAKER_CLOSED;
    guard_count(guard, failed ? GUARD_FAILED : GUARD_ANSWERED);
    if (!breaker_note(&guard->breaker, &guard->policy->breaker, failed, probe, clock_now())) return;
    guard_metrics_breaker(&guard->metrics, guard->breaker.state);
    if (guard->breaker.state == BREAKER_OPEN) {
        guard_count(guard, GUARD_OPENED);
        turns_refuse(&guard->connections);
    }
    tell(guard, was_closed);
}

/* ---- turns ---- */

static int take_turn(struct guard *guard, struct turns *turns, int fd, int64_t due) {
    bool waited;
    int64_t since = clock_now();
    int error = turns_take(turns, fd, due, &waited);
    if (waited) gr_metric_record(guard->metrics.turns, (double)(clock_now() - since) / NS_PER_S);
    if (error == ETIMEDOUT) guard_count(guard, GUARD_TURN_TIMEOUT);
    if (error == ECONNREFUSED) guard_count(guard, waited ? GUARD_REFUSED : GUARD_OVERFLOW);
    return error;
}

static int refuse(struct guard *guard) {
    guard_count(guard, GUARD_REFUSED);
    return ECONNREFUSED;
}

/* Before the turn comes, the breaker may open, or half open for somebody else. */
int guard_admit(struct guard *guard, int fd, int64_t due, bool *probe) {
    if (breaker_refuses(&guard->breaker, clock_now())) return refuse(guard);
    int error = take_turn(guard, &guard->connections, fd, due);
    if (error) return error;
    enum breaker_verdict verdict =
        breaker_ask(&guard->breaker, &guard->policy->breaker, clock_now());
    guard_metrics_breaker(&guard->metrics, guard->breaker.state);
    *probe = verdict == BREAKER_PROBE;
    if (verdict != BREAKER_REFUSE) return 0;
    turns_give_back(&guard->connections);
    return refuse(guard);
}

int guard_admit_call(struct guard *guard, int fd, int64_t due) {
    return take_turn(guard, &guard->calls, fd, due);
}
