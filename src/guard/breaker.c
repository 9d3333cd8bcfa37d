#include "guard/breaker.h"

#include <string.h>

const char *const breaker_state_names[] = {
    [BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF_OPEN] = "half-open"};

/* Forgets the slices that have left the window. */
static void advance(struct breaker *breaker, const struct breaker_rule *rule, int64_t now) {
    int64_t slice = now / (rule->window / BREAKER_SLICES);
    int64_t passed = slice - breaker->slice;
    if (passed > BREAKER_SLICES) passed = BREAKER_SLICES;
    for (int64_t i = 0; i < passed; i++)
        breaker->slices[(slice - i) % BREAKER_SLICES] = (struct breaker_slice){0};
    breaker->slice = slice;
}

struct breaker_slice breaker_sum(struct breaker *breaker, const struct breaker_rule *rule,
                                 int64_t now) {
    struct breaker_slice sum = {0};
    if (!rule->percent) return sum;
    advance(breaker, rule, now);
    for (int i = 0; i < BREAKER_SLICES; i++) {
        sum.failed += breaker->slices[i].failed;
        sum.answered += breaker->slices[i].answered;
    }
    return sum;
}

enum breaker_verdict breaker_ask(struct breaker *breaker, const struct breaker_rule *rule,
                                 int64_t now) {
    if (breaker->state == BREAKER_CLOSED) return BREAKER_PASS;
    if (breaker_refuses(breaker, now)) return BREAKER_REFUSE;
    breaker->state = BREAKER_HALF_OPEN;
    breaker->next_probe = now + rule->pause;
    return BREAKER_PROBE;
}

static void open_for_a_pause(struct breaker *breaker, const struct breaker_rule *rule,
                             int64_t now) {
    breaker->state = BREAKER_OPEN;
    breaker->next_probe = now + rule->pause;
}

static void close_afresh(struct breaker *breaker) {
    breaker->state = BREAKER_CLOSED;
    memset(breaker->slices, 0, sizeof breaker->slices);
}

static bool is_too_much(const struct breaker_slice *sum, const struct breaker_rule *rule) {
    uint64_t all = (uint64_t)sum->failed + sum->answered;
    return all >= rule->calls && sum->failed * UINT64_C(100) >= all * rule->percent;
}

bool breaker_note(struct breaker *breaker, const struct breaker_rule *rule, bool failed, bool probe,
                  int64_t now) {
    if (!rule->percent) return false;
    if (breaker->state != BREAKER_CLOSED) {
        if (!probe || breaker->state == BREAKER_OPEN) return false;
        if (failed)
            open_for_a_pause(breaker, rule, now);
        else
            close_afresh(breaker);
        return true;
    }
    advance(breaker, rule, now);
    struct breaker_slice *current = &breaker->slices[breaker->slice % BREAKER_SLICES];
    if (!failed) {
        current->answered++;
        return false;
    }
    current->failed++;
    struct breaker_slice sum = breaker_sum(breaker, rule, now);
    if (!is_too_much(&sum, rule)) return false;
    open_for_a_pause(breaker, rule, now);
    return true;
}
