/* Waking by address after libc's own unlock, post or signal.
 *
 * A waiter queues itself, then looks at the lock once more; the waker changes the lock, then looks
 * for waiters. One of them sees the other only if each look comes after its own write for
 * everybody, which takes a full barrier between. On x86-64 the locked instruction in libc's
 * function is one; the release exchange that other processors use is not. */
#ifndef POSIX_WAKE_H
#define POSIX_WAKE_H

#include <limits.h>

#include "posix/hook.h"

enum { EVERYBODY = INT_MAX };

static inline void wake_after_libc(const void *address, int count) {
#if !defined(__x86_64__)
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
    if (runtime_on) address_wake(address, count);
}

#endif
