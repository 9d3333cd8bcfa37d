#include "supervisor/attached_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config/words.h"
#include "log/line.h"
#include "supervisor/notify.h"
#include "supervisor/signals.h"

enum { CANNOT_RUN = 127 }; /* as a shell exits */

void attached_program(const char *command, char name[LOG_PIPE_LOGGER]) {
    size_t len = strlen(command);
    char text[len + 1], *words[words_room(len)];
    words_split(memcpy(text, command, len + 1), words);
    const char *slash = strrchr(words[0], '/');
    snprintf(name, LOG_PIPE_LOGGER, "%s", slash ? slash + 1 : words[0]);
}

/* ---- in the child ---- */

/* output is -1 where the master's own stdout and stderr are to be its. */
static int wear(int output) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return -1;
    if (output < 0) return 0;
    return dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ? -1 : 0;
}

__attribute__((noreturn)) static void fail(const char *what, const char *whom) {
    dprintf(STDERR_FILENO, "cannot %s%s: %s\n", what, whom, strerror(errno));
    _exit(CANNOT_RUN);
}

static void become_command(char **words, const struct launch *launch, int output, pid_t master) {
    if (wear(output) < 0 || setsid() < 0) _exit(CANNOT_RUN);
    const char *cannot = confinement_enter(&launch->confinement, CONFINEMENT_NO_SLOT);
    if (cannot) fail(cannot, "");
    /* The master may have died before the kernel was asked to tell. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != master) _exit(CANNOT_RUN);
    notify_hide();
    signals_reset();
    execvp(words[0], words);
    fail("run ", words[0]);
}

/* ---- in the master ---- */

static pid_t start(char **words, const struct launch *launch, int output) {
    pid_t master = getpid(), child = fork();
    if (child == 0) become_command(words, launch, output, master);
    return child;
}

/* stdout and stderr are one pipe, so that what comes by them keeps its order. */
static pid_t start_heard(const char *program, char **words, const struct launch *launch) {
    struct log_pipe pipe = {.slot = LOG_WORKER_ATTACHED};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    pipe.fd = ends[0];
    pipe.pid = start(words, launch, ends[1]);
    int why = errno;
    snprintf(pipe.logger, sizeof pipe.logger, "%s", program);
    close(ends[1]);
    log_relay_adopt(&pipe);
    errno = why;
    return pipe.pid;
}

pid_t attached_launch(const char *command, const char *program, const struct launch *launch) {
    size_t len = strlen(command);
    char text[len + 1], *words[words_room(len)];
    words_split(memcpy(text, command, len + 1), words);
    return launch->options.log_capture ? start_heard(program, words, launch)
                                       : start(words, launch, -1);
}
