/* Call sites that keep stalling: C code which lets go of an interpreter's lock and is back for it
 * after a millisecond or more, too soon for hand-off to pay. The monitor finds them by samples;
 * a site that was found a few times is learnt, and whoever leaves the lock there is detached at
 * once, so that the others go on beside it. One that turns out to be quick is forgotten again.
 *
 * How the lock is left and taken is learnt from an example (gr_preempter.pass): leaving it signals
 * a condition variable and unlocks a mutex, in the same frames each time, so that the return
 * address of the call that leaves it stands at a fixed distance from the frame of our
 * pthread_cond_signal. That address is the site.
 *
 *     lock(mutex)    site_taking      was outside: the spell is over; if it was detached, judged
 *     signal(cond)   site_leaving     notes the site
 *     unlock(mutex)  site_left        a learnt site: detaches
 *     ...            the spell outside the lock
 *     lock(mutex)    site_taking
 */
#ifndef RUNTIME_SITE_H
#define RUNTIME_SITE_H

#include <stddef.h>

#include "runtime/green.h"

/* The interpreter's lock. Zero until it is known. */
struct site_lock {
    const void *mutex, *cond;
    ptrdiff_t caller;    /* from the frame of site_leaving's caller to the return address */
    const void *example; /* the example's function, while it runs; else NULL */
};
extern RT_SHARED struct site_lock site_lock;

/* Learns the lock from pass(data). For green 0, which holds the lock. */
void site_lock_learn(void (*pass)(void *data), void *data);

RT_SHARED void site_left_slowly(const void *mutex);
RT_SHARED void site_note(const void *cond, const char *frame);

/* self was detached at its site and comes back, for the lock or to wait in a hook. */
RT_SHARED void site_judge(struct green *self);

/* Of the hook of pthread_mutex_lock, before it. */
static inline void site_taking(struct green *self, const void *mutex) {
    if (mutex != site_lock.mutex || !self->site) return;
    if (__builtin_expect(self->site_detached != 0, 0)) site_judge(self);
    self->site = NULL;
}

/* Of the hook of pthread_cond_signal; frame is that hook's. */
static inline void site_leaving(const void *cond, const char *frame) {
    if (cond == site_lock.cond || __builtin_expect(site_lock.example != NULL, 0))
        site_note(cond, frame);
}

/* Of the hook of pthread_mutex_unlock, after it. Others may have run. */
static inline void site_left(const void *mutex) {
    if (mutex == site_lock.mutex || __builtin_expect(site_lock.example != NULL, 0))
        site_left_slowly(mutex);
}

/* For the monitor: green runs, and sched.progress has that value. Looks whether it is outside the
 * lock and stays there for a while; if so the site is a step nearer to being learnt. Sleeps. */
void site_sample(const struct green *green, unsigned long progress);

/* How often the lock was let go of, by any thread; it is counted within the lock. */
extern unsigned long site_passes;

/* How many spells were detached at a learnt site. */
extern unsigned long site_moves;

#endif
