/* Barriers of one process, made anew in the memory of glibc's: a wait of libc's cannot be tried. */
#include "posix/wake.h"

/* The first four words lie where glibc's pthread_barrier_init puts 0, 0, the count, and whether the
 * barrier is shared among processes; it clears the fifth. */
struct barrier {
    uint64_t state; /* how many have arrived in this round, and from bit 32 the round */
    unsigned count;
    int shared;
    unsigned inside; /* calls of pthread_barrier_wait that have not let go of this memory */
};
_Static_assert(sizeof(struct barrier) <= sizeof(pthread_barrier_t), "no room for a barrier");

/* Returns the state after the caller has arrived; the last of a round begins the next one. */
static uint64_t arrive(struct barrier *barrier) {
    uint64_t next, state = __atomic_load_n(&barrier->state, __ATOMIC_SEQ_CST);
    do {
        bool last = (uint32_t)state + 1 == barrier->count;
        next = last ? (uint64_t)((uint32_t)(state >> 32) + 1) << 32 : state + 1;
    } while (!__atomic_compare_exchange_n(&barrier->state, &state, next, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return next;
}

static bool is_round(const struct barrier *barrier, uint64_t state) {
    return __atomic_load_n(&barrier->state, __ATOMIC_SEQ_CST) >> 32 == state >> 32;
}

static void await_end_of_round(const struct barrier *barrier, uint64_t state) {
    while (is_round(barrier, state)) {
        struct address_wait wait;
        address_wait_begin(&wait, &barrier->state);
        if (is_round(barrier, state)) address_wait_sleep(&wait, NEVER);
        address_wait_end(&wait);
    }
}

HOOK int pthread_barrier_wait(pthread_barrier_t *opaque) {
    struct barrier *barrier = (struct barrier *)opaque;
    if (barrier->shared) {
        if (!green_may_park()) return REAL(pthread_barrier_wait)(opaque);
        return MOVED(REAL(pthread_barrier_wait)(opaque));
    }
    __atomic_add_fetch(&barrier->inside, 1, __ATOMIC_SEQ_CST);
    uint64_t state = arrive(barrier);
    bool last = (uint32_t)state == 0;
    if (last)
        address_wake(&barrier->state, EVERYBODY);
    else
        await_end_of_round(barrier, state);
    __atomic_sub_fetch(&barrier->inside, 1, __ATOMIC_SEQ_CST);
    address_wake(&barrier->inside, EVERYBODY);
    return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

/* The memory may be reused when this returns: those who are on their way out are waited for. */
HOOK int pthread_barrier_destroy(pthread_barrier_t *opaque) {
    struct barrier *barrier = (struct barrier *)opaque;
    if (barrier->shared) return REAL(pthread_barrier_destroy)(opaque);
    while (__atomic_load_n(&barrier->inside, __ATOMIC_SEQ_CST)) {
        struct address_wait wait;
        address_wait_begin(&wait, &barrier->inside);
        if (__atomic_load_n(&barrier->inside, __ATOMIC_SEQ_CST)) address_wait_sleep(&wait, NEVER);
        address_wait_end(&wait);
    }
    return 0;
}
