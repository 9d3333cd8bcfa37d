/* Tries what the sandbox denies, and says how each attempt ends: "ptrace EPERM". */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <greenroom/greenroom.h>

#include "supervisor/sandbox_calls.h"

struct call {
    const char *name;
    long number;
};

#define CALL(name) {#name, SYS_##name},
static const struct call calls[] = {SANDBOX_CALLS(CALL)};
#undef CALL

static void say(gr_request *request, const char *name, long result) {
    char line[128];
    int len =
        snprintf(line, sizeof line, "%s %s\n", name, result < 0 ? strerrorname_np(errno) : "done");
    gr_response_write(request, line, (size_t)len);
}

/* Arguments that no call takes: without the sandbox they fail in other ways, or do no harm. */
static void try_all(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        say(request, calls[i].name, syscall(calls[i].number, -1L, -1L, -1L, -1L, -1L, -1L));
}

/* A child that is made ends at once. */
static long clone_with(unsigned long flags) {
    long child = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);
    if (child == 0) _exit(0);
    return child;
}

static void try_namespaces(gr_request *request, void *data) {
    gr_response_begin(request, 200, NULL);
    say(request, "clone", clone_with(CLONE_NEWUSER));
    say(request, "unshare", syscall(SYS_unshare, (long)CLONE_NEWUSER));
    say(request, "unshare-files", syscall(SYS_unshare, (long)CLONE_FS));
    say(request, "clone3", syscall(SYS_clone3, NULL, 0L));
#ifdef __x86_64__
    say(request, "x32", syscall(0x40000000L + SYS_getpid));
#endif
}

int gr_app_setup(gr_app *app) {
    gr_app_route(app, "GET", "/calls", try_all, NULL);
    return gr_app_route(app, "GET", "/namespaces", try_namespaces, NULL);
}
