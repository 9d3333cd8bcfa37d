#include "supervisor/statsd.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "observe/metric_statsd.h"
#include "supervisor/metrics.h"
#include "supervisor/thread.h"

enum { PERIOD = 10, LAST_WORDS = 1 }; /* s */

static struct address collector;
static struct metric_table table;
static bool running, failing;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ending, ended; /* under the lock */

/* ---- the socket ---- */

/* Connected, so that it is known when nobody is there. Looked up each time, since it may move. */
static int open_socket(const char **why) {
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    char port[8];
    snprintf(port, sizeof port, "%d", collector.port);
    int failed = getaddrinfo(collector.place, port, &hints, &found);
    if (failed) {
        *why = gai_strerror(failed);
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) *why = strerror(errno);
    return fd;
}

/* What is refused now is told by the next, and the datagrams are lost. */
static void send_datagram(void *data, const char *text, size_t len) {
    const int *fd = data;
    if (send(*fd, text, len, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
        send(*fd, text, len, MSG_NOSIGNAL);
}

static void complain(const char *why) {
    if (!failing) gr_log(GR_LOG_WARNING, "statsd: cannot reach %s: %s", collector.place, why);
    failing = true;
}

static void push(void) {
    const char *why = "";
    metrics_fill(&table);
    int fd = open_socket(&why);
    if (fd < 0) return complain(why);
    metric_statsd_push(&table, send_datagram, &fd);
    close(fd);
    failing = false;
}

/* ---- the thread ---- */

static struct timespec seconds_from_now(int seconds) {
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    due.tv_sec += seconds;
    return due;
}

/* Until it is time, or the end. Returns whether it is the end. */
static bool rest(void) {
    struct timespec due = seconds_from_now(PERIOD);
    pthread_mutex_lock(&lock);
    while (!ending && pthread_cond_timedwait(&changed, &lock, &due) != ETIMEDOUT) continue;
    bool is_end = ending;
    pthread_mutex_unlock(&lock);
    return is_end;
}

/* What there was before has been told by the master before. */
static void *run(void *unused) {
    (void)unused;
    metrics_fill(&table);
    metric_statsd_push(&table, NULL, NULL);
    while (!rest()) push();
    push();
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int statsd_start(const struct settings *settings, const struct board *board,
                 char error[SENTENCE_SIZE]) {
    if (!settings->has_statsd) return 0;
    collector = settings->statsd;
    if (metrics_keep(board) < 0) return sentence(error, "cannot keep metrics: %s", strerror(errno));
    if (thread_start(run, NULL) < 0)
        return sentence(error, "cannot start the thread of statsd: %s", strerror(errno));
    running = true;
    return 0;
}

void statsd_finish(void) {
    struct timespec due = seconds_from_now(LAST_WORDS);
    if (!running) return;
    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_signal(&changed);
    while (!ended && pthread_cond_timedwait(&changed, &lock, &due) != ETIMEDOUT) continue;
    pthread_mutex_unlock(&lock);
}
