/* pthread_once and the guards of C++'s local statics, made anew: whoever runs an initialiser may
 * park in it, and libc's waiting would stop the worker for good. Also, libstdc++ may have been
 * loaded where RTLD_NEXT does not see its guards.
 *
 * This file is compiled with -fexceptions: an initialiser may be left by a C++ exception. */
#include "posix/wake.h"

/* ---- pthread_once ----
 *
 * The low bits are glibc's own: 2 once it has run, 1 while it runs. Above stands who runs it: the
 * process, so that a child forked in the middle starts over, as pthread_once(3) wants. */
enum { ONCE_RUNS = 1, ONCE_HAS_RUN = 2 };

static void once_settle(pthread_once_t *control, int state) {
    __atomic_exchange_n(control, state, __ATOMIC_SEQ_CST);
    address_wake(control, EVERYBODY);
}

static void once_leave(pthread_once_t **abandoned) {
    if (*abandoned) once_settle(*abandoned, PTHREAD_ONCE_INIT);
}

static void once_run(pthread_once_t *control, void (*initialise)(void)) {
    __attribute__((cleanup(once_leave))) pthread_once_t *unfinished = control;
    initialise();
    unfinished = NULL;
    once_settle(control, ONCE_HAS_RUN);
}

static void once_await(pthread_once_t *control, int running) {
    struct address_wait wait;
    address_wait_begin(&wait, control);
    if (__atomic_load_n(control, __ATOMIC_SEQ_CST) == running) address_wait_sleep(&wait, NEVER);
    address_wait_end(&wait);
}

HOOK int pthread_once(pthread_once_t *control, void (*initialise)(void)) {
    int state = __atomic_load_n(control, __ATOMIC_ACQUIRE);
    if (__builtin_expect(state & ONCE_HAS_RUN, 1)) return 0;
    int running = (int)sys(SYS_getpid) << 2 | ONCE_RUNS;
    for (;;) {
        if (state & ONCE_HAS_RUN) return 0;
        if (state == running) {
            once_await(control, running);
            state = __atomic_load_n(control, __ATOMIC_ACQUIRE);
        } else if (__atomic_compare_exchange_n(control, &state, running, false, __ATOMIC_ACQUIRE,
                                               __ATOMIC_ACQUIRE)) {
            once_run(control, initialise);
            return 0;
        }
    }
}

/* ---- guards: Itanium C++ ABI, 3.3.3. The first byte says "done" to the compiler's own check. ----
 */

enum { GUARD_DONE = 1, GUARD_RUNS = 1 << 8 };

HOOK int __cxa_guard_acquire(int *guard);
HOOK void __cxa_guard_release(int *guard);
HOOK void __cxa_guard_abort(int *guard);

int __cxa_guard_acquire(int *guard) {
    for (;;) {
        int state = 0;
        if (__atomic_compare_exchange_n(guard, &state, GUARD_RUNS, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE))
            return 1;
        if (state & GUARD_DONE) return 0;
        struct address_wait wait;
        address_wait_begin(&wait, guard);
        if (__atomic_load_n(guard, __ATOMIC_SEQ_CST) == state) address_wait_sleep(&wait, NEVER);
        address_wait_end(&wait);
    }
}

static void guard_settle(int *guard, int state) {
    __atomic_exchange_n(guard, state, __ATOMIC_SEQ_CST);
    address_wake(guard, EVERYBODY);
}

void __cxa_guard_release(int *guard) { guard_settle(guard, GUARD_DONE); }

void __cxa_guard_abort(int *guard) { guard_settle(guard, 0); }
