/* Changing the process's user and group ids.
 *
 * To the kernel they are each task's own, so glibc makes every thread change its own, by signal 33,
 * SIGSETXID: it marks each struct pthread, and a marked thread clears its mark when it has done so.
 * Both sides name the struct pthread by the thread pointer. On a kernel task that is running a
 * green thread that is the wrong one: the mark would stay for ever. So caller and signal handler
 * use the thread pointer that the kernel task was born with. */
#include <pwd.h>
#include <string.h>

#include "posix/hook.h"
#include "posix/thread_pointer.h"

/* Compiled so that nothing that was derived from the thread pointer is kept across them. */
#define OPAQUE __attribute__((noipa, optimize("no-stack-protector")))

enum { SIGSETXID = 33 };

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

OPAQUE static void on_setxid(int signal, siginfo_t *info, void *context) {
    uintptr_t own = thread_pointer();
    uintptr_t birth = green_self() ? carrier_birth_tp() : own;
    if (birth != own) thread_pointer_set(birth);
    libc_on_setxid(signal, info, context);
    if (birth != own) thread_pointer_set(own);
}

/* libc installs its handler when the first thread is made, so ours is put before it when the first
 * id is changed. */
static void wrap_handler(void) {
    struct kernel_sigaction action;
    if (sys(SYS_rt_sigaction, SIGSETXID, NULL, &action, sizeof action.mask) < 0) return;
    if (action.handler == on_setxid || !action.handler) return;
    libc_on_setxid = action.handler;
    action.handler = on_setxid;
    sys(SYS_rt_sigaction, SIGSETXID, &action, NULL, sizeof action.mask);
}

/* ---- the caller's side ---- */

struct borrowed {
    uintptr_t own; /* 0: nothing was borrowed */
    uint64_t mask;
    int errno_there; /* the lender's, to be put back */
};

OPAQUE static int errno_get(void) { return errno; }
OPAQUE static void errno_set(int value) { errno = value; }

/* No other signal's handler may run meanwhile: it would see the lender's variables. Signal 33 has
 * to get through, as another thread may be changing ids as well. */
OPAQUE static void borrow(struct borrowed *borrowed) {
    borrowed->own = 0;
    if (!runtime_on || in_vfork_child()) return;
    wrap_handler();
    if (!green_self() || carrier_birth_tp() == thread_pointer()) return;
    uint64_t all_but = ~((uint64_t)1 << (SIGSETXID - 1));
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all_but, &borrowed->mask, sizeof all_but);
    uintptr_t birth = carrier_birth_tp();
    borrowed->own = thread_pointer();
    thread_pointer_set(birth);
    borrowed->errno_there = errno_get();
}

OPAQUE static int give_back(struct borrowed *borrowed, int result) {
    if (!borrowed->own) return result;
    int error = errno_get();
    errno_set(borrowed->errno_there);
    thread_pointer_set(borrowed->own);
    if (result < 0) errno_set(error);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &borrowed->mask, NULL, sizeof borrowed->mask);
    return result;
}

#define UNDER_BIRTH_TP(call)         \
    ({                               \
        struct borrowed borrowed_;   \
        borrow(&borrowed_);          \
        give_back(&borrowed_, call); \
    })

HOOK int setuid(uid_t uid) { return UNDER_BIRTH_TP(REAL(setuid)(uid)); }
HOOK int setgid(gid_t gid) { return UNDER_BIRTH_TP(REAL(setgid)(gid)); }
HOOK int seteuid(uid_t uid) { return UNDER_BIRTH_TP(REAL(seteuid)(uid)); }
HOOK int setegid(gid_t gid) { return UNDER_BIRTH_TP(REAL(setegid)(gid)); }

HOOK int setreuid(uid_t real, uid_t effective) {
    return UNDER_BIRTH_TP(REAL(setreuid)(real, effective));
}

HOOK int setregid(gid_t real, gid_t effective) {
    return UNDER_BIRTH_TP(REAL(setregid)(real, effective));
}

HOOK int setresuid(uid_t real, uid_t effective, uid_t saved) {
    return UNDER_BIRTH_TP(REAL(setresuid)(real, effective, saved));
}

HOOK int setresgid(gid_t real, gid_t effective, gid_t saved) {
    return UNDER_BIRTH_TP(REAL(setresgid)(real, effective, saved));
}

HOOK int setgroups(size_t count, const gid_t *groups) {
    return UNDER_BIRTH_TP(REAL(setgroups)(count, groups));
}

/* In two steps, as the look-up of the groups must not run under a borrowed thread pointer. */
HOOK int initgroups(const char *user, gid_t group) {
    if (!runtime_on || in_vfork_child()) return REAL(initgroups)(user, group);
    int count = (int)sysconf(_SC_NGROUPS_MAX);
    gid_t *groups = malloc((size_t)count * sizeof *groups);
    if (!groups) return -1;
    int result = getgrouplist(user, group, groups, &count);
    if (result >= 0) result = setgroups((size_t)count, groups);
    free(groups);
    return result < 0 ? -1 : 0;
}
