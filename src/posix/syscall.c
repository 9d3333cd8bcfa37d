/* syscall(2). The runtimes of Rust, Go's cgo, absl and libstdc++'s atomics build their locks on it.
 * What waits, what makes a child, and what ends a descriptor is treated as in the hook that it goes
 * past; all else goes through. */
#include <linux/sched.h>
#include <stdarg.h>

#include "posix/futex.h"
#include "posix/hook.h"
#include "posix/memory.h"

#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

/* Every green thread has a tid that no kernel task has: programs tell their threads apart by it.
 * The main thread's is the process's id, whatever kernel task it is on. */
static long tid(void) {
    const struct green *self = green_self();
    return is_hollow(self) ? *self->tid : self ? runtime_pid : sys(SYS_gettid);
}

HOOK pid_t gettid(void) { return (pid_t)tid(); }

static long call(long number, const long a[6]) {
    return sys_plain(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Does the child get memory of its own? */
static bool copies_memory(long number, const long a[6]) {
    if (number == SYS_clone) return !(a[0] & CLONE_VM);
    if (number != SYS_clone3) return true;
    const struct clone_args *args = (const struct clone_args *)a[0];
    return is_readable(args, sizeof args->flags) && !(args->flags & CLONE_VM);
}

/* No handler of pthread_atfork runs. */
static long make_child(long number, const long a[6]) {
    bool copies = copies_memory(number, a);
    long child = call(number, a);
    if (child == 0 && copies) runtime_abandon();
    return child;
}

HOOK long syscall(long number, ...) {
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
    va_end(rest);
    switch (number) {
    case SYS_futex:
        return hook_result(
            futex(&(struct futex_call){(int *)a[0], (int)a[1], (int)a[2],
                                       (const struct timespec *)a[3], a[4], (unsigned)a[5]}));
    case SYS_futex_waitv:
    case SYS_futex_wait: /* such waiters are woken by the kernel alone */
        return hook_result(green_may_park() ? MOVED(call(number, a)) : call(number, a));
    case SYS_gettid:
        return tid();
    case SYS_close:
        return close((int)a[0]);
    case SYS_close_range:
        return close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
#ifdef SYS_fork
    case SYS_fork:
#endif
    case SYS_clone:
    case SYS_clone3:
        return hook_result(make_child(number, a));
    default:
        return hook_result(call(number, a));
    }
}
