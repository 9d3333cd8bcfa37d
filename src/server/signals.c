#include "server/signals.h"

#include <signal.h>
#include <stddef.h>

#include "base/sys.h"
#include "runtime/runtime.h"

enum { STOPS = 2 };

static const int stops[STOPS] = {SIGTERM, SIGINT};
static struct sigaction before[STOPS];
static void (*stop_handler)(int number);

void signals_ignore_broken_pipe(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

static void do_nothing(int number) {}

void signals_survive_hangup(void) {
    struct sigaction now, action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        sigaction(SIGHUP, &action, NULL);
}

/* A child of fork may be told to stop before it has come to signals_give_back. */
static void stop(int number) {
    long pid = sys(SYS_getpid);
    if (pid == runtime_pid) {
        signal_handler_begin(); /* once more where libc is interposed */
        stop_handler(number);
        signal_handler_end();
        return;
    }
    signals_give_back();
    sys(SYS_kill, pid, number);
}

int signals_stop_with(void (*handler)(int number)) {
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    stop_handler = handler;
    for (int i = 0; i < STOPS; i++)
        if (sigaction(stops[i], &action, &before[i]) < 0) return -1;
    return 0;
}

void signals_give_back(void) {
    struct sigaction now;
    for (int i = 0; i < STOPS; i++)
        if (sigaction(stops[i], NULL, &now) == 0 && now.sa_handler == stop)
            sigaction(stops[i], &before[i], NULL);
    if (sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == do_nothing) signal(SIGHUP, SIG_DFL);
}
