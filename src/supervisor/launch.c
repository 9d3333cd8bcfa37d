#include "supervisor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/executable.h"
#include "greenroom/worker.h"
#include "runtime/interposed.h"
#include "supervisor/loader.h"
#include "supervisor/log_relay.h"
#include "supervisor/metrics.h"
#include "supervisor/notify.h"
#include "supervisor/pair.h"
#include "supervisor/signals.h"

static const char boot_script[] = "boot.py";

/* --- What to execute --- */

/* "./app.so", or of a mule "./app.so:symbol". */
static bool is_c_application(const struct server_options *options) {
    const char *app = options->app, *end = app + strlen(app);
    if (options->mule >= 0) end = strrchr(app, ':');
    return end - app >= 3 && memcmp(end - 3, ".so", 3) == 0;
}

/* Joins two parts of a path. Returns false when the result is too long. */
static bool join(char path[PATH_MAX], const char *folder, int len, const char *name) {
    return snprintf(path, PATH_MAX, "%.*s%s%s", len, folder, len ? "/" : "", name) < PATH_MAX;
}

/* Can the libraries that are put beneath it be loaded into it? What this does not find out, the
 * boot script will. */
static int check_library(const char *python, char *error) {
    char loader[PATH_MAX];
    switch (loader_of(python, loader)) {
    case LOADER_NONE:
        return sentence(error, "cannot use the Python %s: it is linked statically", python);
    case LOADER_OTHER:
        return sentence(error,
                        "cannot use the Python %s: its C library is not glibc (its loader is %s)",
                        python, loader);
    default:
        return 0;
    }
}

static int find_python(char path[PATH_MAX], const char *wanted, char *error) {
    const char *environment = getenv("VIRTUAL_ENV");
    if (!*wanted && environment && *environment) {
        join(path, environment, (int)strlen(environment), "bin/python3");
    } else {
        if (!*wanted) wanted = "python3";
        if (strchr(wanted, '/'))
            snprintf(path, PATH_MAX, "%s", wanted);
        else if (!executable_find(path, wanted))
            return sentence(error, "there is no %s in PATH", wanted);
    }
    const char *fault = executable_fault(path);
    return fault ? sentence(error, "cannot use the Python %s: %s", path, fault)
                 : check_library(path, error);
}

static int find_private(char path[PATH_MAX], const char *name, char *error) {
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    own[len < 0 ? 0 : len] = '\0';
    char *slash = strrchr(own, '/');
    int folder = slash ? (int)(slash - own) : 0;
    if (join(path, own, folder, name) && access(path, R_OK) == 0) return 0;
    static const char installed[] = GREENROOM_PRIVATE_DIR;
    if (join(path, installed, sizeof installed - 1, name) && access(path, R_OK) == 0) return 0;
    return sentence(error, "cannot find %s in %.*s nor in " GREENROOM_PRIVATE_DIR, name, folder,
                    own);
}

static int find_interposer(char preload[PATH_MAX], char *error) {
    if (find_private(preload, INTERPOSER, error) < 0) return -1;
    /* ld.so(8): both separate the entries of LD_PRELOAD, and neither can be escaped. */
    if (strpbrk(preload, " :"))
        return sentence(error, "cannot preload %s: its path has a blank or a colon", preload);
    return 0;
}

static int find_files(struct launch *launch, const char *python, char *error) {
    if (!launch->options.os_threads && find_interposer(launch->preload, error) < 0) return -1;
    if (is_c_application(&launch->options)) {
        strcpy(launch->program, "/proc/self/exe");
        strcpy(launch->argument, "worker");
        return 0;
    }
    if (find_private(launch->argument, boot_script, error) < 0) return -1;
    return find_python(launch->program, python, error);
}

int launch_prepare(struct launch *launch, const struct settings *settings,
                   char error[SENTENCE_SIZE]) {
    launch->options = settings->worker;
    if (confinement_find(&launch->confinement, settings, error) < 0) return -1;
    return find_files(launch, settings->python, error);
}

int launch_become_mule(struct launch *launch, int number, const struct settings *settings,
                       char error[SENTENCE_SIZE]) {
    launch->options.mule = number;
    launch->options.app = launch->options.mules[number].function;
    launch->options.listen_count = 0;
    launch->options.static_count = 0;
    launch->options.tickets_fd = -1;
    return find_files(launch, settings->python, error);
}

/* --- In the child --- */

static int inherit(int fd) { return fcntl(fd, F_SETFD, 0); }

static int inherit_descriptors(const struct server_options *options) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return -1;
    for (int i = 0; i < options->listen_count; i++)
        if (inherit(options->listen_fds[i]) < 0) return -1;
    for (int i = 0; i < options->mule_count; i++)
        if (inherit(options->mules[i].mailbox) < 0) return -1;
    if (options->inbox_fd >= 0 && inherit(options->inbox_fd) < 0) return -1;
    if (options->tickets_fd >= 0 && inherit(options->tickets_fd) < 0) return -1;
    if (options->metrics_fd >= 0 && inherit(options->metrics_fd) < 0) return -1;
    if (options->log_fd >= 0 && inherit(options->log_fd) < 0) return -1;
    if (options->access_fd >= 0 && inherit(options->access_fd) < 0) return -1;
    if (inherit(options->master_fd) < 0 || inherit(options->ready_fd) < 0 ||
        inherit(options->question_fd) < 0)
        return -1;
    return inherit(options->board_fd);
}

/* The user's own preloads stay, behind ours. */
static int preload_interposer(const char *interposer) {
    char preload[2 * PATH_MAX];
    const char *users = getenv("LD_PRELOAD");
    snprintf(preload, sizeof preload, "%s%s%s", interposer, users && *users ? ":" : "",
             users ? users : "");
    return setenv("LD_PRELOAD", preload, 1);
}

int launch_interposed(char **argv, char error[SENTENCE_SIZE]) {
    char interposer[PATH_MAX];
    const char *before = getenv("LD_PRELOAD");
    if (interposed()) return 0;
    if (find_interposer(interposer, error) < 0) return -1;
    if (before && strstr(before, interposer))
        return sentence(error, "cannot preload %s", interposer); /* ld.so has said why */
    if (preload_interposer(interposer) == 0) execv("/proc/self/exe", argv);
    return sentence(error, "cannot start again with %s: %s", interposer, strerror(errno));
}

static int set_environment(const struct launch *launch, const struct server_options *options) {
    char *handover = server_options_encode(options);
    notify_hide();
    if (!handover || (!options->os_threads && preload_interposer(launch->preload) < 0)) return -1;
    return setenv("GREENROOM_WORKER", handover, 1);
}

/* Says so on stderr and to the master, which tells it from a worker that died without a word. */
__attribute__((noreturn)) static void fail(const struct server_options *options, const char *what,
                                           const char *whom) {
    const char *why = strerror(errno);
    dprintf(STDERR_FILENO, "greenroom: cannot %s%s: %s\n", what, whom, why);
    dprintf(options->ready_fd, "Fcannot %s%s: %s", what, whom, why);
    _exit(GR_EXIT_USAGE);
}

/* Does not return. */
static void become_worker(const struct launch *launch, const struct server_options *options,
                          const struct log_pipes *pipes, pid_t master) {
    char *const arguments[] = {(char *)launch->program, (char *)launch->argument, NULL};
    const char *cannot = confinement_enter(&launch->confinement, options->slot);
    if (cannot) fail(options, cannot, " in a worker");
    /* The master may have died before the kernel was asked to tell. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != master) _exit(GR_EXIT_USAGE);
    signals_reset();
    if (log_pipes_wear(pipes) < 0) _exit(GR_EXIT_USAGE);
    if (inherit_descriptors(options) == 0 && set_environment(launch, options) == 0)
        execv(launch->program, arguments);
    fail(options, "run ", launch->program);
}

static pid_t start(const struct launch *launch, struct server_options *options) {
    struct log_pipes pipes;
    pid_t master = getpid();
    if (log_pipes_open(&pipes, options->log_capture) < 0) return -1;
    pid_t child = fork();
    if (child == 0) become_worker(launch, options, &pipes, master);
    int why = errno;
    log_pipes_relay(&pipes, options->slot, child);
    errno = why;
    return child;
}

pid_t launch_worker(const struct launch *launch, int slot, int place, int *ready, int *question) {
    struct server_options options = launch->options;
    int ends[2], talk[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, talk) < 0) {
        pair_close(ends);
        return -1;
    }
    options.slot = slot;
    options.place = place;
    options.ready_fd = ends[1];
    options.question_fd = talk[1];
    options.metrics_fd = metrics_give(place, slot, options.release);
    pid_t child = start(launch, &options);
    if (child < 0) {
        pair_close(ends);
        pair_close(talk);
        metrics_take(place);
        return -1;
    }
    close(ends[1]);
    close(talk[1]);
    *ready = ends[0];
    *question = talk[0];
    return child;
}
