#include "posix/moved.h"

#include "posix/signal.h"

enum { WAITS_MAX = 512, STEP_FIRST_NS = NS_PER_MS / 2, STEP_LAST_NS = 10 * NS_PER_MS };

static int waits; /* atomic */

bool moved_wait_begin(void) {
    if (__atomic_add_fetch(&waits, 1, __ATOMIC_RELAXED) <= WAITS_MAX && carrier_offload_begin())
        return true;
    __atomic_sub_fetch(&waits, 1, __ATOMIC_RELAXED);
    return false;
}

void moved_wait_end(void) {
    carrier_offload_end();
    __atomic_sub_fetch(&waits, 1, __ATOMIC_RELAXED);
}

bool moved_pause(int64_t *step) {
    unsigned seen = signal_interrupting();
    *step = *step == 0 ? STEP_FIRST_NS : *step < STEP_LAST_NS ? *step * 2 : *step;
    green_park(clock_after(*step));
    return !green_take_interrupt(green_self()) || seen == signal_interrupting();
}
