/* A circuit breaker: whether a downstream that fails too often is to be left alone.
 *
 *              too many of a window fail                  a pause has passed
 *     CLOSED ────────────────────────────▶ OPEN ────────────────────────────▶ HALF_OPEN
 *        ▲                                   ▲                                 │     │
 *        │                                   └──────── a probe has failed ─────┘     │
 *        └──────────────────────────── a probe has been answered ────────────────────┘
 *
 * Half open, one attempt may pass as a probe, and another one after each pause, should nothing be
 * heard of the last. What becomes of attempts that are no probes is not looked at unless it is
 * closed. */
#ifndef GUARD_BREAKER_H
#define GUARD_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker_rule {
    uint32_t percent; /* of the outcomes of a window that have to fail; 0: it never opens */
    uint32_t calls;   /* so many outcomes at least */
    int64_t window;   /* ns */
    int64_t pause;    /* ns */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* "closed", "open", "half-open" */
extern const char *const breaker_state_names[BREAKER_HALF_OPEN + 1];

enum { BREAKER_SLICES = 10 };

/* All zero is closed, and nothing has happened. */
struct breaker {
    enum breaker_state state;
    int64_t next_probe; /* while it is not closed: when an attempt may pass */
    int64_t slice;      /* the number of the current one since the clock began */
    struct breaker_slice {
        uint32_t failed, answered;
    } slices[BREAKER_SLICES]; /* the window, at the number modulo BREAKER_SLICES */
};

enum breaker_verdict { BREAKER_PASS, BREAKER_PROBE, BREAKER_REFUSE };

/* Would an attempt be refused now? */
static inline bool breaker_refuses(const struct breaker *breaker, int64_t now) {
    return breaker->state != BREAKER_CLOSED && now < breaker->next_probe;
}

/* May an attempt be made now? Then it is made. */
enum breaker_verdict breaker_ask(struct breaker *breaker, const struct breaker_rule *rule,
                                 int64_t now);

/* What has become of one that was. Returns whether that has opened or closed it. */
bool breaker_note(struct breaker *breaker, const struct breaker_rule *rule, bool failed, bool probe,
                  int64_t now);

/* What has happened in the window until now. */
struct breaker_slice breaker_sum(struct breaker *breaker, const struct breaker_rule *rule,
                                 int64_t now);

#endif
