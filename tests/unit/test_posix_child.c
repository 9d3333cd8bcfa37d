/* Children of green threads: what the wait family says of them, and what they are. */
#include "differential.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static pid_t fork_that_exits(int code) {
    pid_t child = fork();
    if (child == 0) {
        usleep(SOON_US);
        _exit(code);
    }
    return child;
}

/* In the child: waits until the parent closes its end. */
static void wait_at(const int gate[2]) {
    char byte;
    close(gate[1]);
    (void)!read(gate[0], &byte, 1);
}

/* Goes on when *gate is closed. */
static pid_t fork_that_exits_when_told(int code, int *gate) {
    int ends[2];
    if (pipe(ends) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        wait_at(ends);
        _exit(code);
    }
    close(ends[0]);
    *gate = ends[1];
    return child;
}

static pid_t fork_that_stops(int *gate) {
    int ends[2];
    if (pipe(ends) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        raise(SIGSTOP);
        wait_at(ends);
        _exit(0);
    }
    setpgid(child, child); /* whoever comes first */
    close(ends[0]);
    *gate = ends[1];
    return child;
}

static pid_t fork_that_is_killed(void) {
    pid_t child = fork();
    if (child == 0) {
        usleep(SOON_US);
        raise(SIGKILL);
    }
    return child;
}

static void wait_in_every_way(struct record *record) {
    int status, gate;
    siginfo_t info = {0};
    struct rusage usage;
    memset(&usage, -1, sizeof usage);
    pid_t child = fork_that_exits_when_told(7, &gate);
    SAME(waitpid(child, &status, WNOHANG));
    close(gate);
    SAME(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    SAME(info.si_status);
    SAME(info.si_code);
    SAME(info.si_pid == child);
    SAME(wait4(child, &status, 0, &usage) == child);
    SAME(status);
    SAME(usage.ru_utime.tv_sec);
    SAME(waitpid(child, &status, 0));

    child = fork_that_stops(&gate);
    SAME(waitpid(child, &status, WUNTRACED) == child);
    SAME(status);
    kill(child, SIGCONT);
    SAME(waitpid(child, &status, WCONTINUED) == child);
    SAME(status);
    close(gate);
    SAME(waitpid(-child, &status, 0) == child);

    child = fork_that_is_killed();
    SAME(waitpid(0, &status, 0) == child);
    SAME(status);
    child = fork_that_exits(3);
    SAME(wait3(&status, 0, &usage) == child);
    SAME(status);
    fork_that_exits(3);
    SAME(waitid(P_ALL, 0, NULL, WEXITED));

    child = fork_that_exits(3);
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    SAME(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    SAME(info.si_status);
    close(pidfd);
    child = fork_that_stops(&gate);
    SAME(waitid(P_PGID, (id_t)child, &info, WSTOPPED));
    SAME(info.si_code);
    kill(child, SIGKILL);
    SAME(waitid(P_PGID, (id_t)child, &info, WEXITED));
    SAME(info.si_status);
    close(gate);
}

static void the_wait_family_tells_the_same(void **state) { assert_same_on_both(wait_in_every_way); }

/* dash clears the mask of what it starts, so the shell must look at its own. */
#define SHELLS_MASK \
    "while read -r name mask; do [ $name = SigBlk: ] && break; done < /proc/$$/status;"

static void run_shells(struct record *record) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    SAME(system("exit 3"));
    SAME(system("kill -9 $$"));
    SAME(system(SHELLS_MASK "[ $mask = 0000000000000000 ]"));
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    SAME(system(SHELLS_MASK "[ $mask = 0000000000000200 ]"));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    SAME(system(NULL) != 0);
    FILE *stream = popen("exit 4", "r");
    SAME(pclose(stream));
    stream = popen("read -r line; [ \"$line\" = text ]", "w");
    SAME(fputs("text\n", stream) >= 0);
    SAME(pclose(stream));
}

static void a_shell_inherits_the_callers_signal_mask(void **state) {
    assert_same_on_both(run_shells);
}

static void spawn(struct record *record) {
    extern char **environ;
    pid_t child = 0;
    int status;
    char *arguments[] = {"true", NULL}, *missing[] = {"/nonexistent/program", NULL};
    SAME(posix_spawnp(&child, "true", NULL, NULL, arguments, environ));
    SAME(waitpid(child, &status, 0) == child);
    SAME(status);
    SAME(posix_spawn(&child, missing[0], NULL, NULL, missing, environ));
}

static void posix_spawn_makes_children_and_reports_what_is_missing(void **state) {
    assert_same_on_both(spawn);
}

/* ---- children past the handlers of pthread_atfork ---- */

static volatile bool others_ran;

static void *note_that_others_ran(void *unused) {
    others_ran = true;
    return NULL;
}

/* Nobody else runs in the child: while it waits, a green thread of the parent might. */
static int wait_alone(void) {
    others_ran = false;
    usleep(SOON_US);
    sched_yield();
    return gr_is_green() ? 1 : others_ran ? 2 : 0;
}

static void assert_is_ordinary(pid_t child) {
    int status;
    if (child == 0) _exit(wait_alone());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void children_that_were_forked_past_libc_are_ordinary_processes(void **state) {
    gr_green *other = gr_spawn(note_that_others_ran, NULL);
    assert_is_ordinary(_Fork());
#ifdef SYS_fork
    assert_is_ordinary((pid_t)syscall(SYS_fork));
#endif
    assert_is_ordinary((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
    gr_join(other, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_family_tells_the_same),
        cmocka_unit_test(a_shell_inherits_the_callers_signal_mask),
        cmocka_unit_test(posix_spawn_makes_children_and_reports_what_is_missing),
        cmocka_unit_test(children_that_were_forked_past_libc_are_ordinary_processes),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
