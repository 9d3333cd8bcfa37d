/* A load generator: asks a server for the same again and again, by many connections, and says how
 * long that took.
 *
 *              as fast as they are answered                  at a rate
 *     client   ask ─▶ answer, ask ─▶ answer ...     due ·····▶ ask ─▶ answer
 *              ├── latency ──┤                       ├─────── latency ───────┤
 *
 * With a rate, each request is due at a time that does not depend on the server, and its latency
 * begins then: a server that stops for a second is seen by all that were due in that second, and
 * not by the few that happened to be under way (what is called coordinated omission).
 *
 * Clients are green threads of one OS thread. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "greenroom/client.h"
#include "load/spread.h"

/* Strings and slices stay the caller's. Times are in ns. */
struct load_plan {
    gr_call call; /* what is asked for: method, url, fields, body and timeout */
    unsigned connections;
    double rate;      /* requests a second by all of them; 0: as fast as they are answered */
    int64_t duration; /* in which requests are begun */
};

enum { LOAD_REASONS = 16, LOAD_SLICES = 600 };

struct load_reason {
    char why[GR_FAILURE_WHY_SIZE];
    uint64_t count;
};

/* What happened in a part of the time. */
struct load_slice {
    uint64_t answered, failed;
    double p50, p99; /* s */
};

struct load_result {
    int64_t elapsed;       /* until the last answer */
    uint64_t answered;     /* whatever their status */
    uint64_t failed;       /* were not */
    uint64_t unsent;       /* were due, and no connection had become free for them */
    uint64_t bytes;        /* of bodies */
    uint64_t statuses[6];  /* answers by class: 2 for 2xx */
    struct spread latency; /* s */
    struct spread service; /* s, from when a request was sent */
    struct load_reason reasons[LOAD_REASONS]; /* of failures; the last is for all that are left */
    int reason_count;
    struct load_slice slices[LOAD_SLICES];
    int slice_count;
    int64_t slice_length; /* ns, of each but the last */
};

/* Runs it to its end, or until *stop, which a signal handler may set. tell, which may be NULL, is
 * called once a second. On green thread 0, which it parks. Returns 0, or -1 with a sentence in why.
 */
int load_run(const struct load_plan *plan, const volatile int *stop,
             void (*tell)(const struct load_result *sofar), struct load_result *result,
             char why[GR_FAILURE_WHY_SIZE]);

#endif
