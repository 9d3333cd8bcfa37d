/* Changing the process's user and group ids: the caller's side, see runtime/setxid.h. */
#include <pwd.h>
#include <string.h>

#include "posix/hook.h"
#include "runtime/setxid.h"
#include "runtime/thread_pointer.h"

struct borrowed {
    uintptr_t own; /* 0: nothing was borrowed */
    uint64_t mask;
    int errno_there; /* the lender's, to be put back */
};

TP_OPAQUE static int errno_get(void) { return errno; }
TP_OPAQUE static void errno_set(int value) { errno = value; }

/* No other signal's handler may run meanwhile: it would see the lender's variables. Signal 33 has
 * to get through, as another thread may be changing ids as well. */
TP_OPAQUE static void borrow(struct borrowed *borrowed) {
    borrowed->own = 0;
    if (!runtime_on || in_vfork_child()) return;
    setxid_wrap_handler();
    if (!green_self() || carrier_birth_tp() == thread_pointer()) return;
    uint64_t all_but = ~((uint64_t)1 << (SIGSETXID - 1));
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all_but, &borrowed->mask, sizeof all_but);
    uintptr_t birth = carrier_birth_tp();
    borrowed->own = thread_pointer();
    thread_pointer_set(birth);
    borrowed->errno_there = errno_get();
}

TP_OPAQUE static int give_back(struct borrowed *borrowed, int result) {
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
