/* Signal handlers of the application run behind one of ours, which keeps hooks from parking in them
 * and tells those who wait that they were interrupted. It is installed from the beginning of the
 * process, before the runtime is on.
 *
 * A handler that leaves by siglongjmp never comes back to ours: the thread stays pinned and blocks
 * like an OS thread. Faults (SIGSEGV and its like) keep their handlers to themselves, since they
 * must be told of an overflown stack on another one, with as little in between as can be. */
#include <string.h>

#include "posix/signal.h"
#include "posix/wake.h"

unsigned signal_count, signal_count_interrupting;

struct handler {
    void *function;
    int flags; /* as the application gave them */
};

static struct handler handlers[_NSIG];

/* Handlers that signal(3) and siginterrupt(3) set: bit by bit, those without SA_RESTART. */
static uint64_t interrupting;

static uint64_t bit_of(int signal) { return (uint64_t)1 << (signal - 1); }

static bool is_wrapped(int signal) {
    const uint64_t faults = bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGFPE) | bit_of(SIGILL) |
                            bit_of(SIGABRT) | bit_of(SIGTRAP) | bit_of(SIGSYS);
    return signal > 0 && signal < _NSIG && !(faults & bit_of(signal));
}

static void run_handler(int signal, siginfo_t *info, void *context) {
    struct handler handler = handlers[signal];
    if (handler.flags & SA_SIGINFO)
        ((void (*)(int, siginfo_t *, void *))handler.function)(signal, info, context);
    else
        ((sighandler_t)handler.function)(signal);
}

/* Counted before the handler runs, as its waiters may be woken while it does. */
static void on_signal(int signal, siginfo_t *info, void *context) {
    if (in_vfork_child()) {
        run_handler(signal, info, context);
        return;
    }
    int saved = errno;
    if (!(handlers[signal].flags & SA_RESTART))
        __atomic_add_fetch(&signal_count_interrupting, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&signal_count, 1, __ATOMIC_SEQ_CST);
    signal_handler_begin();
    run_handler(signal, info, context);
    address_wake(&signal_count, EVERYBODY);
    signal_handler_end();
    errno = saved;
}

static bool is_function(sighandler_t handler) { return handler != SIG_DFL && handler != SIG_IGN; }

/* Shows the application what it has set. */
static void unwrap(struct sigaction *action, struct handler handler) {
    if (action->sa_sigaction != on_signal) return;
    action->sa_handler = (sighandler_t)handler.function;
    if (!(handler.flags & SA_SIGINFO)) action->sa_flags &= ~SA_SIGINFO;
}

/* The table is written first: a signal that comes in between runs the new handler a little early.
 * A vfork child's handlers are not ours to note; it execs soon. */
HOOK int sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
    if (!is_wrapped(signal)) return REAL(sigaction)(signal, action, old);
    struct handler before = handlers[signal];
    struct sigaction wrapped;
    if (action && is_function(action->sa_handler) && !in_vfork_child()) {
        handlers[signal] = (struct handler){(void *)action->sa_handler, action->sa_flags};
        wrapped = *action;
        wrapped.sa_sigaction = on_signal;
        wrapped.sa_flags |= SA_SIGINFO;
        action = &wrapped;
    }
    struct sigaction previous;
    if (REAL(sigaction)(signal, action, &previous)) {
        handlers[signal] = before;
        return -1;
    }
    unwrap(&previous, before);
    if (old) *old = previous;
    return 0;
}

static sighandler_t set_handler(int signal, sighandler_t function, int flags) {
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = function;
    action.sa_flags = flags;
    return sigaction(signal, &action, &old) ? SIG_ERR : old.sa_handler;
}

/* The BSD way, glibc's default. */
HOOK sighandler_t signal(int number, sighandler_t handler) {
    if (number <= 0 || number >= _NSIG || handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    return set_handler(number, handler, interrupting & bit_of(number) ? 0 : SA_RESTART);
}

HOOK sighandler_t ssignal(int number, sighandler_t handler) { return signal(number, handler); }

sighandler_t bsd_signal(int number, sighandler_t handler);
HOOK sighandler_t bsd_signal(int number, sighandler_t handler) { return signal(number, handler); }

HOOK sighandler_t sysv_signal(int number, sighandler_t handler) {
    return set_handler(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}

/* What signal means to programs of the X/Open standard. */
HOOK sighandler_t __sysv_signal(int number, sighandler_t handler) {
    return sysv_signal(number, handler);
}

HOOK int siginterrupt(int number, int interrupts) {
    struct sigaction action;
    if (sigaction(number, NULL, &action)) return -1;
    if (interrupts) {
        interrupting |= bit_of(number);
        action.sa_flags &= ~SA_RESTART;
    } else {
        interrupting &= ~bit_of(number);
        action.sa_flags |= SA_RESTART;
    }
    return sigaction(number, &action, NULL);
}

/* ---- masks ---- */

/* In a handler the mask is undone at its end; elsewhere the thread's own goes with it. */
static void mask_changed(void) {
    struct green *self = green_self();
    if (self && self->pinned == 0 && !in_vfork_child()) signal_mask_changed();
}

HOOK int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
    int error = REAL(pthread_sigmask)(how, set, old);
    if (!error && set) mask_changed();
    return error;
}

HOOK int sigprocmask(int how, const sigset_t *set, sigset_t *old) {
    return (int)hook_result(-pthread_sigmask(how, set, old));
}

void signal_swap_begin(struct signal_swap *swap, const sigset_t *mask) {
    swap->swapped = mask != NULL;
    if (!mask) return;
    swap->handled = signal_handled();
    sys(SYS_rt_sigprocmask, SIG_SETMASK, mask, &swap->previous, sizeof swap->previous);
    mask_changed();
}

void signal_swap_end(struct signal_swap *swap) {
    if (!swap->swapped) return;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &swap->previous, NULL, sizeof swap->previous);
    mask_changed();
}
