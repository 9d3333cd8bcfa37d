/* Waiting by address: a hash table of queues, each under a spinlock that is held for a few
 * instructions and never over a switch. */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>

#include "base/sys.h"
#include "runtime/park.h"
#include "runtime/sched.h"
#include "runtime/site.h"

enum {
    DEFERRED_MAX = 64,
    SPINS = 100,
    OFTEN = 2,           /* handed off so many times, one is likely to be so again */
    OWN_WAITS_MAX = 256, /* in a row, before it is given another chance */
};

struct address_bucket address_buckets[1 << ADDRESS_BUCKETS_LOG2];

/* What signal handlers want woken: they may have interrupted the holder of a bucket's lock. */
static const void *deferred[DEFERRED_MAX];
static volatile int deferred_any, deferred_overflow;

static void lock_take(struct address_bucket *bucket) {
    for (int spins = 0; __atomic_exchange_n(&bucket->lock, 1, __ATOMIC_ACQUIRE); spins++)
        if (spins > SPINS) sys(SYS_sched_yield);
}

static void lock_drop(struct address_bucket *bucket) {
    __atomic_store_n(&bucket->lock, 0, __ATOMIC_RELEASE);
}

static void link_behind(struct address_bucket *bucket, struct address_wait *before,
                        struct address_wait *wait) {
    wait->prev = before;
    wait->next = before ? before->next : bucket->first;
    if (before)
        before->next = wait;
    else
        bucket->first = wait;
    if (wait->next)
        wait->next->prev = wait;
    else
        bucket->last = wait;
}

static void enqueue(struct address_bucket *bucket, struct address_wait *wait) {
    struct address_wait *before = bucket->last;
    while (wait->turn && before && (before->address != wait->address || before->turn > wait->turn))
        before = before->prev;
    link_behind(bucket, before, wait);
}

/* Whoever waits for an interpreter's lock stops every few milliseconds to ask its holder for it,
 * and may find that another was quicker when it is woken: neither costs it its place. */
static uint64_t turn_of(struct green *self) {
    static uint64_t turns;
    if (!self->turn) self->turn = __atomic_add_fetch(&turns, 1, __ATOMIC_RELAXED);
    return self->turn;
}

static void unlink_wait(struct address_bucket *bucket, struct address_wait *wait) {
    if (wait->prev)
        wait->prev->next = wait->next;
    else
        bucket->first = wait->next;
    if (wait->next)
        wait->next->prev = wait->prev;
    else
        bucket->last = wait->prev;
    __atomic_sub_fetch(&bucket->waiters, 1, __ATOMIC_SEQ_CST);
}

/* Does the caller wait on its own kernel task? One that is handed off again and again would pay for
 * attaching at each lock between two of its long calls, the lock of an interpreter above all, and
 * hold up the others each time until it is noticed. */
static bool waits_alone(struct green *self) {
    if (self->pinned) return true;
    if (__atomic_load_n(&self->state, __ATOMIC_RELAXED) != GREEN_DETACHED) return false;
    if (self->handed_off < OFTEN) return false;
    if (++self->own_waits <= OWN_WAITS_MAX) return true;
    self->own_waits = 0;
    self->handed_off = OFTEN - 1;
    return false;
}

void address_wait_begin(struct address_wait *wait, const void *address) {
    struct address_bucket *bucket = address_bucket(address);
    struct green *self = green_self_tls;
    wait->address = address;
    wait->green = self && !waits_alone(self) ? self : NULL;
    wait->woken = 0;
    wait->turn = self && address == site_lock.cond ? turn_of(self) : 0;
    lock_take(bucket);
    enqueue(bucket, wait);
    __atomic_add_fetch(&bucket->waiters, 1, __ATOMIC_SEQ_CST);
    lock_drop(bucket);
#if !defined(__x86_64__)
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* an LL/SC addition lets a later load pass */
#endif
}

/* FUTEX_WAIT_BITSET takes the time of CLOCK_MONOTONIC as it is. */
static bool sleep_on_futex(struct address_wait *wait, int64_t due) {
    struct timespec until = {.tv_sec = due / NS_PER_S, .tv_nsec = due % NS_PER_S};
    long result = sys(SYS_futex, &wait->woken, FUTEX_WAIT_BITSET_PRIVATE, 0,
                      due == NEVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
    return result == -ETIMEDOUT;
}

/* On the caller's own kernel task. */
static bool sleep_alone(struct green *self, struct address_wait *wait, int64_t due) {
    if (!self || !self->account) return sleep_on_futex(wait, due);
    account_add(self->account, ACCOUNT_RUNNING, clock_now());
    bool late = sleep_on_futex(wait, due);
    bool for_interpreter = wait->address == site_lock.cond;
    account_add(self->account, for_interpreter ? ACCOUNT_INTERPRETER : ACCOUNT_LOCK, clock_now());
    return late;
}

bool address_wait_sleep(struct address_wait *wait, int64_t due) {
    if (__atomic_load_n(&wait->woken, __ATOMIC_ACQUIRE)) return false;
    if (!wait->green) return sleep_alone(green_self_tls, wait, due);
    green_waits(wait->green, GREEN_WAIT_ADDRESS, (int64_t)wait->address);
    return green_park(due);
}

bool address_wait_end(struct address_wait *wait) {
    struct address_bucket *bucket = address_bucket(wait->address);
    lock_take(bucket);
    bool woken = wait->woken;
    if (!woken) unlink_wait(bucket, wait);
    lock_drop(bucket);
    return woken;
}

/* The wait cannot go away meanwhile: address_wait_end takes the lock that the caller holds. */
static void wake_one(struct address_wait *wait) {
    struct green *green = wait->green;
    int *word = &wait->woken;
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    if (green && wait->address == site_lock.cond)
        green_wake_first(green);
    else if (green)
        green_wake(green);
    else
        sys(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

static int wake_in_bucket(struct address_bucket *bucket, const void *address, int count) {
    int woken = 0;
    lock_take(bucket);
    for (struct address_wait *wait = bucket->first, *next; wait && woken < count; wait = next) {
        next = wait->next;
        if (address && wait->address != address) continue;
        unlink_wait(bucket, wait);
        wake_one(wait);
        woken++;
    }
    lock_drop(bucket);
    return woken;
}

static void defer(const void *address) {
    bool stored = false;
    for (int i = 0; i < DEFERRED_MAX && !stored; i++) {
        const void *expected = NULL;
        stored = __atomic_load_n(&deferred[i], __ATOMIC_SEQ_CST) == address ||
                 __atomic_compare_exchange_n(&deferred[i], &expected, address, false,
                                             __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    if (!stored) deferred_overflow = 1;
    __atomic_store_n(&deferred_any, 1, __ATOMIC_SEQ_CST);
    sched_kick();
}

int address_wake_slow(const void *address, int count) {
    if (signal_in_handler()) {
        defer(address);
        return 0;
    }
    return wake_in_bucket(address_bucket(address), address, count);
}

void address_wake_deferred(void) {
    if (!deferred_any) return;
    deferred_any = 0;
    for (int i = 0; i < DEFERRED_MAX; i++) {
        const void *address = __atomic_exchange_n(&deferred[i], NULL, __ATOMIC_SEQ_CST);
        if (address) wake_in_bucket(address_bucket(address), address, INT32_MAX);
    }
    if (!__atomic_exchange_n(&deferred_overflow, 0, __ATOMIC_SEQ_CST)) return;
    for (int i = 0; i < 1 << ADDRESS_BUCKETS_LOG2; i++)
        wake_in_bucket(&address_buckets[i], NULL, INT32_MAX);
}

void address_forget_waits(void) {
    for (int i = 0; i < 1 << ADDRESS_BUCKETS_LOG2; i++) {
        struct address_bucket *bucket = &address_buckets[i];
        if (bucket->lock || bucket->waiters) *bucket = (struct address_bucket){0};
    }
    memset(deferred, 0, sizeof deferred);
    deferred_any = deferred_overflow = 0;
}
