#include "runtime/site.h"

#include "base/clock.h"
#include "base/sys.h"
#include "runtime/carrier.h"
#include "runtime/sched.h"

enum {
    SLOW = 500 * NS_PER_US, /* a spell that is worth two switches to another kernel task */
    FOUND = 3,              /* times within WINDOW, before a site is learnt */
    TRUST = 8,              /* quick spells more than slow ones, before it is forgotten */
    SITES_LOG2 = 6,
    PASS_SIZE = 64,   /* bytes of the example's function that its first call returns to */
    PASS_DEPTH = 128, /* words of stack between that call and our hook */
};
static const int64_t WINDOW = NS_PER_S;

/* Direct-mapped by address. Written by the monitor until learnt is set, then by whoever judges; but
 * the monitor wears out the trust in a place that stands in the way of another. */
struct site {
    const void *place;
    int64_t since; /* of the first find */
    int score;     /* finds, then trust. Atomic */
    int learnt;    /* Atomic */
};

struct site_lock site_lock;
unsigned long site_moves, site_passes;
static struct site sites[1 << SITES_LOG2];

static struct site *site_at(const void *place) {
    return &sites[(uintptr_t)place * 0x9e3779b97f4a7c15u >> (64 - SITES_LOG2)];
}

static bool is_learnt(const struct site *site, const void *place) {
    return site->place == place && __atomic_load_n(&site->learnt, __ATOMIC_ACQUIRE);
}

/* ---- the lock ---- */

static bool is_in_example(const void *address) {
    uintptr_t start = (uintptr_t)site_lock.example;
    return (uintptr_t)address > start && (uintptr_t)address - start < PASS_SIZE;
}

/* Others signal and unlock meanwhile. */
static bool is_example_of(const struct green *self) {
    return site_lock.example && self == &green_main;
}

static void learn_cond(const void *cond, const char *frame) {
    const void *const *word = (const void *const *)frame;
    if (site_lock.cond) return;
    for (int i = 0; i < PASS_DEPTH; i++) {
        if (!is_in_example(word[i])) continue;
        site_lock.cond = cond;
        site_lock.caller = (const char *)&word[i] - frame;
        return;
    }
}

void site_lock_learn(void (*pass)(void *data), void *data) {
    site_lock.example = (const void *)pass;
    pass(data);
    site_lock.example = NULL;
}

/* ---- spells outside it ---- */

void site_note(const void *cond, const char *frame) {
    struct green *self = green_self_tls;
    if (is_example_of(self)) return learn_cond(cond, frame);
    if (cond != site_lock.cond) return;
    site_passes++;
    if (!self) return;
    self->spell++;
    self->turn = 0;
    self->site = *(const void *const *)(frame + site_lock.caller);
}

void site_left_slowly(const void *mutex) {
    struct green *self = green_self_tls;
    if (mutex != site_lock.mutex) {
        if (is_example_of(self) && site_lock.cond && !site_lock.mutex) site_lock.mutex = mutex;
        return;
    }
    if (!self || !self->site || !is_learnt(site_at(self->site), self->site)) return;
    if (!carrier_detach()) return;
    self->site_detached = clock_now();
    __atomic_add_fetch(&site_moves, 1, __ATOMIC_RELAXED);
}

static void lose_trust(struct site *site) {
    if (__atomic_sub_fetch(&site->score, 1, __ATOMIC_RELAXED) <= 0)
        __atomic_store_n(&site->learnt, 0, __ATOMIC_RELEASE);
}

void site_judge(struct green *self) {
    struct site *site = site_at(self->site);
    bool slow = clock_now() - self->site_detached >= SLOW;
    self->site_detached = 0;
    if (slow) {
        if (__atomic_load_n(&site->score, __ATOMIC_RELAXED) < TRUST)
            __atomic_add_fetch(&site->score, 1, __ATOMIC_RELAXED);
    } else {
        lose_trust(site);
    }
}

/* ---- samples ---- */

static void found(const void *place) {
    struct site *site = site_at(place);
    if (__atomic_load_n(&site->learnt, __ATOMIC_ACQUIRE)) {
        if (site->place != place) lose_trust(site);
        return;
    }
    int64_t now = clock_now();
    if (site->place != place || now - site->since > WINDOW) {
        site->place = place;
        site->since = now;
        site->score = 0;
    }
    if (++site->score < FOUND) return;
    site->score = TRUST;
    __atomic_store_n(&site->learnt, 1, __ATOMIC_RELEASE);
}

void site_sample(const struct green *green, unsigned long progress) {
    const void *place = green->site;
    unsigned spell = green->spell;
    if (!place || sched.polling) return;
    sys_pause(SLOW);
    bool same = sched.current == green && sched.progress == progress && !sched.polling;
    if (same && green->spell == spell && green->site == place) found(place);
}
