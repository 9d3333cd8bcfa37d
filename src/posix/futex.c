#include "posix/futex.h"

#include <linux/futex.h>

#include "posix/due.h"
#include "posix/memory.h"
#include "posix/moved.h"
#include "posix/signal.h"
#include "posix/wake.h"

static int command_of(const struct futex_call *call) { return call->operation & FUTEX_CMD_MASK; }

/* A futex that is shared may be woken by another process, and one with a bit set by calls that mean
 * others: those wait in the kernel, on another task. */
static bool waits_by_address(const struct futex_call *call) {
    int command = command_of(call);
    if (!(call->operation & FUTEX_PRIVATE_FLAG)) return false;
    return command == FUTEX_WAIT ||
           (command == FUTEX_WAIT_BITSET && call->bits == FUTEX_BITSET_MATCH_ANY);
}

static bool is_wait(const struct futex_call *call) {
    int command = command_of(call);
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
}

static int64_t futex_due(const struct futex_call *call) {
    if (command_of(call) == FUTEX_WAIT) return due_after(call->timeout);
    bool real = call->operation & FUTEX_CLOCK_REALTIME;
    return due_at(real ? CLOCK_REALTIME : CLOCK_MONOTONIC, call->timeout);
}

/* A wake that chose us is passed on when we do not wait. 0 without a wake is allowed by futex(2).
 */
static long wait_by_address(struct green *self, const struct futex_call *call) {
    int64_t due = futex_due(call);
    unsigned seen = signal_interrupting();
    struct address_wait wait;
    address_wait_begin(&wait, call->address);
    if (__atomic_load_n(call->address, __ATOMIC_SEQ_CST) != call->value) {
        if (address_wait_end(&wait)) address_wake(call->address, 1);
        return -EAGAIN;
    }
    bool late = address_wait_sleep(&wait, due);
    bool woken = address_wait_end(&wait);
    bool interrupted = green_take_interrupt(self) && seen != signal_interrupting();
    if (woken) return 0;
    return late ? -ETIMEDOUT : interrupted ? -EINTR : 0;
}

/* What the kernel would refuse at once. */
static bool is_well_formed(const struct futex_call *call) {
    if ((uintptr_t)call->address % sizeof(int) || !is_readable(call->address, sizeof(int)))
        return false;
    return !call->timeout ||
           (is_readable(call->timeout, sizeof *call->timeout) && due_is_valid(call->timeout));
}

static long call_kernel(const struct futex_call *call) {
    return sys_plain(SYS_futex, call->address, call->operation, call->value, call->timeout,
                     call->second, call->bits);
}

/* The value was changed by the caller with whatever barrier it thought right; ours is on top. */
static long wake_both(const struct futex_call *call) {
    long r = call_kernel(call);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    switch (command_of(call)) {
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return r < 0 || r >= call->value ? r
                                         : r + address_wake(call->address, call->value - (int)r);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
        /* Our queues cannot be spliced; all look again, and those who must will wait again. */
        if (r >= 0) {
            address_wake(call->address, EVERYBODY);
            address_wake((void *)call->second, EVERYBODY);
        }
        return r;
    default:
        return r;
    }
}

/* A wait may end without reason. */
static long look_at_futex(const struct futex_call *call, int64_t due) {
    if (__atomic_load_n(call->address, __ATOMIC_SEQ_CST) != call->value) return -EAGAIN;
    return clock_now() >= due ? -ETIMEDOUT : 0;
}

long futex(const struct futex_call *call) {
    if (!is_wait(call)) return wake_both(call);
    struct green *self = green_may_park();
    if (!self || !is_well_formed(call)) return call_kernel(call);
    if (waits_by_address(call)) return wait_by_address(self, call);
    if (__atomic_load_n(call->address, __ATOMIC_SEQ_CST) != call->value) return -EAGAIN;
    int64_t due = futex_due(call);
    return MOVED_OR_TRIED(call_kernel(call), look_at_futex(call, due), result_ <= 0);
}
