/* The system calls that --sandbox denies, as docs/confinement.md lists them: X(name) for each. New
 * namespaces are denied as well, which is a matter of flags: see sandbox.c. */
#ifndef SUPERVISOR_SANDBOX_CALLS_H
#define SUPERVISOR_SANDBOX_CALLS_H

#include <sys/syscall.h>

/* clang-format off */
#define SANDBOX_OTHER_PROCESSES(X) \
    X(ptrace) X(process_vm_readv) X(process_vm_writev) X(process_madvise) X(pidfd_getfd) X(kcmp)

/* The kernel itself, and doors into it that have been broken often. */
#define SANDBOX_KERNEL(X) \
    X(kexec_load) X(kexec_file_load) X(init_module) X(finit_module) X(delete_module) X(bpf) \
    X(perf_event_open) X(userfaultfd) X(io_uring_setup) X(io_uring_enter) X(io_uring_register) \
    X(syslog) X(lookup_dcookie)

#define SANDBOX_FILE_SYSTEMS(X) \
    X(mount) X(umount2) X(pivot_root) X(chroot) X(mount_setattr) X(move_mount) X(open_tree) \
    X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(open_by_handle_at) X(quotactl) X(quotactl_fd) \
    X(swapon) X(swapoff)

#define SANDBOX_NAMESPACES(X) X(setns)

#define SANDBOX_KEYS(X) X(add_key) X(request_key) X(keyctl)

#define SANDBOX_MACHINE(X) \
    X(reboot) X(acct) X(settimeofday) X(clock_settime) X(sethostname) X(setdomainname) \
    X(vhangup) X(nfsservctl)

#ifdef __x86_64__
#define SANDBOX_PROCESSOR(X) X(iopl) X(ioperm) X(modify_ldt)
#else
#define SANDBOX_PROCESSOR(X)
#endif

#define SANDBOX_CALLS(X) \
    SANDBOX_OTHER_PROCESSES(X) SANDBOX_KERNEL(X) SANDBOX_FILE_SYSTEMS(X) SANDBOX_NAMESPACES(X) \
    SANDBOX_KEYS(X) SANDBOX_MACHINE(X) SANDBOX_PROCESSOR(X)
/* clang-format on */

#endif
