/* Is memory there that a hook reads before the kernel does? Where libc would hand a bad pointer to
 * the kernel and return EFAULT, we must not crash. */
#ifndef POSIX_MEMORY_H
#define POSIX_MEMORY_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/sys.h"
#include "runtime/green.h"

/* The kernel copies the set before it looks at how, which is none here; NULL means that there is no
 * set. */
static inline bool is_word_readable(uintptr_t address) {
    enum { NO_HOW = 99 };
    uintptr_t word = address & ~(uintptr_t)7;
    return word && sys(SYS_rt_sigprocmask, NO_HOW, word, NULL, _NSIG / 8) != -EFAULT;
}

/* Is it on the stack of the calling green thread, where callers have most of what they pass on? */
static inline bool is_on_own_stack(const void *memory, size_t len) {
    const struct green *self = green_self();
    if (!self || !self->stack) return false;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), first = (uintptr_t)memory;
    uintptr_t low = (uintptr_t)self->stack, high = low + self->pool->stack_size;
    return low < frame && frame <= first && first < high && len <= high - first;
}

/* Looks at both ends, not at the pages in between. Off the stack it costs a system call or two. */
static inline bool is_readable(const void *memory, size_t len) {
    uintptr_t first = (uintptr_t)memory, last = first + len - 1;
    return len == 0 || is_on_own_stack(memory, len) ||
           (is_word_readable(first) && (first >> 3 == last >> 3 || is_word_readable(last)));
}

#endif
