/* The life of a mule between the start and its function. */
#include "server/mule.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/sys.h"
#include "greenroom/worker.h"
#include "runtime/interpreter.h"
#include "runtime/watch.h"
#include "server/in_flight.h"
#include "server/level_watch.h"
#include "server/lifeline.h"
#include "server/question.h"
#include "server/ready_pipe.h"
#include "server/signals.h"

/* How long the function may take to end, after the graceful timeout, when nobody is left to end it.
 */
#define LAST_WORDS (5 * (int64_t)NS_PER_S)

static const struct server_options *options;

static void hide(int fd) {
    if (fd < 0) return;
    sys(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
    fd_keep(fd, true);
}

void mules_init(const struct server_options *wanted) {
    options = wanted;
    for (int i = 0; i < options->mule_count; i++) hide(options->mules[i].mailbox);
    hide(options->inbox_fd);
    if (options->mule >= 0) hide(options->question_fd);
}

int gr_worker_mule(void) { return options->mule; }

int64_t gr_worker_graceful_timeout(void) { return options->graceful_timeout; }

static void told_to_end(int number) {
    if (!gr_worker_end_messages()) sys(SYS_exit_group, 0);
}

int gr_worker_end_by_signals(void) { return signals_stop_with(told_to_end); }

int gr_worker_wait_for_call(void) {
    char word[sizeof SERVER_MULE_GO];
    struct pollfd question = {.fd = options->question_fd, .events = POLLIN};
    ready_pipe_serves();
    if (options->check_only) exit(0);
    if (poll(&question, 1, -1) < 0) return -1;
    ssize_t got = recv(options->question_fd, word, sizeof word, 0);
    if (got <= 0) {
        if (got == 0) errno = EPIPE;
        return -1;
    }
    lifeline_loosen(options->graceful_timeout + LAST_WORDS);
    in_flight_set_mule(options->app, options->mule);
    if (interpreter_asker_start() < 0 || level_watch_start() < 0) return -1;
    if (!options->os_threads) return questions_open(options->question_fd);
    fd_keep(options->question_fd, false); /* its main thread hears no questions while it blocks */
    sys(SYS_close, options->question_fd);
    return 0;
}
