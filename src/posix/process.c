/* Waiting for children. One child is waited for by its pidfd; for "any of these" the kernel has no
 * descriptor, so there one looks again and again, at growing distances. */
#include <stdarg.h>
#include <sys/resource.h>

#include "posix/due.h"
#include "posix/signal.h"

enum { LOOK_FIRST_NS = NS_PER_MS / 2, LOOK_LAST_NS = 10 * NS_PER_MS };

struct child_wait {
    int pidfd;        /* -1: none */
    bool own_pidfd;   /* made here, to be closed */
    int64_t step;     /* until the next look, without a pidfd */
    unsigned signals; /* signal_interrupting at the beginning */
    int ended_by;     /* errno to fail with after one more look */
};

static struct child_wait child_wait_begin(int pidfd) {
    return (struct child_wait){pidfd, false, LOOK_FIRST_NS, signal_interrupting(), 0};
}

/* A process that has just gone, or a full table: then the slow way. */
static void child_wait_open(struct child_wait *wait, pid_t pid) {
    wait->pidfd = (int)sys(SYS_pidfd_open, pid, 0);
    wait->own_pidfd = wait->pidfd >= 0;
    if (wait->own_pidfd) fd_born(wait->pidfd);
}

static void child_wait_end(struct child_wait *wait) {
    if (!wait->own_pidfd) return;
    fd_closing(wait->pidfd);
    sys(SYS_close, wait->pidfd);
}

/* No child of that description has changed yet. Parks. */
static void child_wait_sleep(struct child_wait *wait) {
    enum wait_result result = WAIT_UNPOLLABLE;
    if (wait->pidfd >= 0) result = fd_wait(wait->pidfd, POLLIN, NEVER);
    if (result == WAIT_UNPOLLABLE) {
        result = time_wait(clock_after(wait->step));
        if (wait->step < LOOK_LAST_NS) wait->step *= 2;
    }
    if (result == WAIT_EXPIRED) wait->ended_by = green_expiry_errno(green_self());
    if (result == WAIT_INTERRUPTED && wait->signals != signal_interrupting())
        wait->ended_by = EINTR;
}

static long wait4_until(pid_t pid, int *status, int options, struct rusage *usage) {
    struct child_wait wait = child_wait_begin(-1);
    if (pid > 0 && !(options & (WUNTRACED | WCONTINUED))) child_wait_open(&wait, pid);
    long r;
    while ((r = sys(SYS_wait4, pid, status, options | WNOHANG, usage)) == 0) {
        if (wait.ended_by) {
            r = -wait.ended_by;
            break;
        }
        child_wait_sleep(&wait);
    }
    child_wait_end(&wait);
    return r;
}

HOOK pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage) {
    if (!green_may_park() || options & WNOHANG) return REAL(wait4)(pid, status, options, usage);
    long r = sys(SYS_wait4, pid, status, options | WNOHANG, usage);
    if (r == 0) r = wait4_until(pid, status, options, usage);
    return (pid_t)hook_result(r);
}

HOOK pid_t waitpid(pid_t pid, int *status, int options) {
    return wait4(pid, status, options, NULL);
}

HOOK pid_t wait(int *status) { return wait4(-1, status, 0, NULL); }

HOOK pid_t wait3(int *status, int options, struct rusage *usage) {
    return wait4(-1, status, options, usage);
}

/* Returns 0 with si_pid 0 in *info when there is nothing to report yet. Both are the kernel's
 * doing.
 */
static long waitid_look(idtype_t type, id_t id, siginfo_t *info, int options) {
    return sys(SYS_waitid, type, id, info, options | WNOHANG, NULL);
}

static long waitid_until(idtype_t type, id_t id, siginfo_t *info, int options) {
    struct child_wait wait = child_wait_begin(type == P_PIDFD ? (int)id : -1);
    bool ends_only = !(options & (WSTOPPED | WCONTINUED));
    if (type == P_PID && ends_only) child_wait_open(&wait, (pid_t)id);
    if (!ends_only) wait.pidfd = -1;
    long r;
    while ((r = waitid_look(type, id, info, options)) == 0 && info->si_pid == 0) {
        if (wait.ended_by) {
            r = -wait.ended_by;
            break;
        }
        child_wait_sleep(&wait);
    }
    child_wait_end(&wait);
    return r;
}

HOOK int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    if (!green_may_park() || options & WNOHANG) return REAL(waitid)(type, id, info, options);
    siginfo_t own;
    return (int)hook_result(waitid_until(type, id, info ? info : &own, options));
}

/* libc waits for the shell inside. The shell inherits the signal mask, so the call is made under
 * the caller's own, not under that of the kernel task it is made on, which blocks everything. */
HOOK int system(const char *command) {
    struct green *self = green_may_park();
    if (!self || !command) return REAL(system)(command);
    bool moved = carrier_offload_begin();
    if (moved)
        sys(SYS_rt_sigprocmask, SIG_SETMASK, &self->signal_mask, NULL, sizeof self->signal_mask);
    int status = REAL(system)(command);
    if (moved) carrier_offload_end();
    return status;
}

HOOK int pclose(FILE *stream) {
    if (!in_vfork_child()) fd_closing(fileno(stream));
    if (!green_may_park()) return REAL(pclose)(stream);
    return MOVED(REAL(pclose)(stream));
}

/* Past the handlers of pthread_atfork, one of which is the runtime's. */
HOOK pid_t _Fork(void) {
    pid_t child = REAL(_Fork)();
    if (child == 0) runtime_abandon();
    return child;
}

/* ---- vfork, for the assembly ---- */

__thread int vfork_depth;

__attribute__((visibility("hidden"))) void vfork_begin(void);
__attribute__((visibility("hidden"))) pid_t vfork_end(long result);

/* Pinned, all hooks are libc's own in the child: it must not park on the parent's account. */
void vfork_begin(void) {
    struct green *self = green_self();
    if (self) self->pinned++;
    vfork_depth++;
}

pid_t vfork_end(long result) {
    struct green *self = green_self();
    vfork_depth--;
    if (self) self->pinned--;
    return (pid_t)hook_result(result);
}
