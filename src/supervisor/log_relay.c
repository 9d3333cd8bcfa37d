#include "supervisor/log_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/log.h"
#include "supervisor/log_writer.h"
#include "supervisor/pair.h"
#include "supervisor/thread.h"

/* A line longer than this comes out in pieces. LAST_WORDS: more than a pipe holds. */
enum { LINE = 4096, READ = 65536, LAST_WORDS = 1024 * 1024 };

/* One pipe. */
struct source {
    struct log_pipe pipe;
    size_t len;
    char line[LINE]; /* the beginning of one */
};

static int news[2] = {-1, -1}; /* pointers to sources on their way to the thread; NULL: stop */
static int over[2] = {-1, -1}; /* ends when the thread has */
static struct pollfd *polled;  /* the first is news */
static struct source **sources;
static size_t count, room;
static bool pausing; /* it is to leave what there is */

/* ---- lines ---- */

/* The boot script's and the kernel's reasons why there is no worker. */
static bool is_refusal(const struct source *source, gr_slice *line) {
    static const char prefix[] = "greenroom: ";
    size_t len = sizeof prefix - 1;
    if (log_writers_settled() || !source->pipe.is_error || line->len <= len) return false;
    if (memcmp(line->data, prefix, len) != 0) return false;
    *line = (gr_slice){line->data + len, line->len - len};
    return true;
}

static gr_slice logger_of(const struct log_pipe *pipe) {
    if (*pipe->logger) return gr_slice_of(pipe->logger);
    return gr_slice_of(pipe->is_error ? "stderr" : "stdout");
}

static void put_line(const struct source *source, gr_slice text) {
    char memory[LOG_LINE_MIN + 6 * LINE];
    struct log_line line;
    struct log_head head = {
        .time = log_time(),
        .level = source->pipe.is_error ? LOG_WARNING : LOG_INFO,
        .logger = logger_of(&source->pipe),
        .worker = source->pipe.slot,
        .pid = source->pipe.pid,
    };
    if (is_refusal(source, &text)) {
        log_ring_put(log_pen(), LOG_KIND_REFUSAL, true, clock_now(), text);
        return;
    }
    if (gr_log_would_drop(LOG_INFO)) return;
    log_line_begin(&line, memory, sizeof memory, log_style(), &head);
    log_line_message(&line, text);
    log_ring_put(log_pen(), LOG_KIND_LINE, false, clock_now(), log_line_end(&line));
}

static void put_rest(struct source *source) {
    if (source->len) put_line(source, (gr_slice){source->line, source->len});
    source->len = 0;
}

static void take_bytes(struct source *source, const char *data, size_t len) {
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t piece = end ? (size_t)(end - data) : len, space = LINE - source->len;
        bool whole = end && piece <= space;
        if (piece > space) piece = space;
        memcpy(source->line + source->len, data, piece);
        source->len += piece;
        data += piece + whole;
        len -= piece + whole;
        if (whole) {
            put_line(source, (gr_slice){source->line, source->len});
            source->len = 0;
        } else if (source->len == LINE) {
            put_rest(source);
        }
    }
}

/* ---- pipes ---- */

/* Returns the number of bytes, 0 at the end, or -1 with errno. */
static ssize_t read_some(struct source *source) {
    static char data[READ];
    ssize_t n = read(source->pipe.fd, data, sizeof data);
    if (n > 0) take_bytes(source, data, (size_t)n);
    return n;
}

/* Returns false when there is no memory. */
static bool add(struct source *source) {
    if (count == room) {
        size_t more = room + 64;
        struct pollfd *fds = realloc(polled, more * sizeof *fds);
        if (fds) polled = fds;
        struct source **list = realloc(sources, more * sizeof *list);
        if (list) sources = list;
        if (!fds || !list) return false;
        room = more;
    }
    polled[count] = (struct pollfd){.fd = source->pipe.fd, .events = POLLIN};
    sources[count++] = source;
    return true;
}

static void remove_at(size_t i) {
    put_rest(sources[i]);
    close(sources[i]->pipe.fd);
    free(sources[i]);
    count--;
    polled[i] = polled[count];
    sources[i] = sources[count];
}

/* Backwards, since the last takes the place of one that is removed. */
static void read_what_there_is(void) {
    for (size_t i = count; i-- > 1;) {
        if (!polled[i].revents) continue;
        ssize_t n = read_some(sources[i]);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) remove_at(i);
    }
}

/* Returns false when the thread is to stop. */
static bool take_news(void) {
    struct source *source;
    while (read(news[0], &source, sizeof source) == sizeof source) {
        if (!source) return false;
        if (add(source)) continue;
        close(source->pipe.fd);
        free(source);
    }
    return true;
}

static void read_last_words(void) {
    for (size_t i = count; i-- > 1;) {
        ssize_t n, all = 0;
        while (all < LAST_WORDS && (n = read_some(sources[i])) > 0) all += n;
        remove_at(i);
    }
}

static void *run(void *unused) {
    bool going_on = true;
    while (going_on) {
        if (poll(polled, count, -1) < 0) continue;
        if (polled[0].revents) going_on = take_news();
        read_what_there_is();
    }
    if (!pausing) read_last_words();
    close(over[1]);
    return NULL;
}

/* Makes the way by which the thread is told of pipes, unless it is there. */
static bool can_be_told(void) {
    static struct source first;
    if (count > 0) return true;
    if (pipe2(news, O_CLOEXEC) < 0 || fcntl(news[0], F_SETFL, O_NONBLOCK) < 0) return false;
    first.pipe.fd = news[0];
    return add(&first);
}

int log_relay_start(void) {
    if (!can_be_told()) return -1;
    pausing = false;
    return pipe2(over, O_CLOEXEC) < 0 ? -1 : thread_start(run, NULL);
}

/* ---- for the master ---- */

static void tell(struct source *source) {
    ssize_t n =
        write(news[1], &source, sizeof source); /* less than PIPE_BUF: whole or not at all */
    if (n == sizeof source || !source) return;
    close(source->pipe.fd);
    free(source);
}

int log_pipes_open(struct log_pipes *pipes, bool wanted) {
    pipes->wanted = wanted;
    if (!wanted) return 0;
    if (pipe2(pipes->out, O_CLOEXEC) < 0) return -1;
    if (pipe2(pipes->err, O_CLOEXEC) == 0) return 0;
    pair_close(pipes->out);
    return -1;
}

int log_pipes_wear(const struct log_pipes *pipes) {
    if (!pipes->wanted) return 0;
    if (dup2(pipes->out[1], STDOUT_FILENO) < 0) return -1;
    return dup2(pipes->err[1], STDERR_FILENO) < 0 ? -1 : 0;
}

void log_relay_adopt(const struct log_pipe *pipe) {
    struct source *source = pipe->pid < 0 ? NULL : malloc(sizeof *source);
    if (!source || !can_be_told() || fcntl(pipe->fd, F_SETFL, O_NONBLOCK) < 0) {
        free(source);
        close(pipe->fd);
        return;
    }
    source->pipe = *pipe;
    source->len = 0;
    tell(source);
}

void log_pipes_relay(struct log_pipes *pipes, int slot, pid_t pid) {
    if (!pipes->wanted) return;
    close(pipes->out[1]);
    close(pipes->err[1]);
    log_relay_adopt(&(struct log_pipe){pipes->out[0], false, slot, pid, ""});
    log_relay_adopt(&(struct log_pipe){pipes->err[0], true, slot, pid, ""});
}

void log_relay_stop(void) {
    char byte;
    tell(NULL);
    if (read(over[0], &byte, 1) == 0) return;
}

void log_relay_pause(void) {
    pausing = true;
    log_relay_stop();
    close(over[0]);
    for (size_t i = 1; i < count; i++) put_rest(sources[i]);
}

size_t log_relay_count(void) { return count ? count - 1 : 0; }

struct log_pipe log_relay_pipe(size_t number) {
    return sources[number + 1]->pipe;
}
