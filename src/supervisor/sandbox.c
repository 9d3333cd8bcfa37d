#include "supervisor/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "supervisor/sandbox_calls.h"

#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000 /* x32: the same processor mode, with numbers from here on */
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define NAMESPACES                                                                                \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
     CLONE_NEWNET | CLONE_NEWTIME)

#define LOAD(member) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define UNLESS_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define FAIL(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What has the flags of new namespaces in the low half of its first argument, of which a processor
 * that is little-endian has it first. */
#define DENY_NAMESPACES(call)               \
    UNLESS_EQUAL((call), 4), LOAD(args[0]), \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1), FAIL(EPERM), ALLOW

/* clone3(2) has its flags in memory, where a filter cannot read: without it, libc takes clone(2).
 */
static const struct sock_filter head[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef OTHER_ABI
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1),
    FAIL(EPERM),
#endif
    DENY_NAMESPACES(SYS_clone),
    DENY_NAMESPACES(SYS_unshare),
    UNLESS_EQUAL(SYS_clone3, 1),
    FAIL(ENOSYS),
};

#define NUMBER(name) SYS_##name,
static const unsigned denied[] = {SANDBOX_CALLS(NUMBER)};
#undef NUMBER

enum { HEAD = sizeof head / sizeof *head, DENIED = sizeof denied / sizeof *denied };

static int filter_calls(void) {
    struct sock_filter program[HEAD + 2 * DENIED + 1];
    unsigned short len = 0;
    for (int i = 0; i < HEAD; i++) program[len++] = head[i];
    for (int i = 0; i < DENIED; i++) {
        program[len++] = (struct sock_filter)UNLESS_EQUAL(denied[i], 1);
        program[len++] = (struct sock_filter)FAIL(EPERM);
    }
    program[len++] = (struct sock_filter)ALLOW;
    struct sock_fprog filter = {len, program};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* Without CAP_SETPCAP it stays, and gives nothing all the same: see no_new_privs. */
int sandbox_prepare(void) {
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (prctl(PR_CAPBSET_DROP, capability) < 0 && errno != EPERM && errno != EINVAL) return -1;
    return 0;
}

static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_capset, &header, none);
}

int sandbox_enter(void) {
    if (drop_capabilities() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    return filter_calls();
}
