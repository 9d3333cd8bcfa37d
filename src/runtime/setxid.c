#include "runtime/setxid.h"

#include "base/sys.h"
#include "runtime/runtime.h"
#include "runtime/thread_pointer.h"

/* The kernel's own form, since libc hides this signal from its sigaction. */
struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
#if defined(__x86_64__)
    void (*restorer)(void);
#endif
    uint64_t mask;
};

static void (*libc_on_setxid)(int, siginfo_t *, void *);

TP_OPAQUE static void on_setxid(int signal, siginfo_t *info, void *context) {
    uintptr_t own = thread_pointer();
    uintptr_t birth = green_self() ? carrier_birth_tp() : own;
    if (birth != own) thread_pointer_set(birth);
    libc_on_setxid(signal, info, context);
    if (birth != own) thread_pointer_set(own);
}

void setxid_wrap_handler(void) {
    struct kernel_sigaction action;
    if (sys(SYS_rt_sigaction, SIGSETXID, NULL, &action, sizeof action.mask) < 0) return;
    if (action.handler == on_setxid || !action.handler) return;
    libc_on_setxid = action.handler;
    action.handler = on_setxid;
    sys(SYS_rt_sigaction, SIGSETXID, &action, NULL, sizeof action.mask);
}
