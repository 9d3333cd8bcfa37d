#include "server/question.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "runtime/park.h"
#include "runtime/sched.h"
#include "runtime/watch.h"
#include "server/question_commands.h"

/* For a supervisor that does not read. */
static const int64_t patience = 5 * (int64_t)NS_PER_S;

struct question {
    unsigned number;
    const char *words;
    bool lost; /* nobody takes the answer */
    size_t filled;
    char text[QUESTION_MAX];
    char packet[QUESTION_ANSWER_MAX];
};

static int socket_fd = -1;
static int under_way;

/* ---- answers ---- */

static void send_packet(struct question *question, const char *packet, size_t len) {
    int64_t due = clock_after(patience);
    while (!question->lost) {
        long n = sys(SYS_sendto, socket_fd, packet, len, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
        if (n >= 0) return;
        if (n == -EINTR) continue;
        if (n != -EAGAIN || fd_wait(socket_fd, POLLOUT, due) == WAIT_TIMED_OUT)
            question->lost = true;
    }
}

static void send_lines(struct question *question) {
    if (question->filled) send_packet(question, question->packet, question->filled);
    question->filled = 0;
}

void question_say(struct question *question, const char *format, ...) {
    enum { HEAD_MAX = 16 };
    char line[QUESTION_ANSWER_MAX - HEAD_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (len < 0) return;
    if (len > (int)sizeof line - 2) len = sizeof line - 2;
    for (char *at = line; at < line + len; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f) *at = '?';
    line[len++] = '\n';
    if (question->filled + (size_t)len > sizeof question->packet) send_lines(question);
    char *at = question->packet + question->filled;
    if (!question->filled) at += sprintf(at, "%u|", question->number);
    memcpy(at, line, (size_t)len);
    question->filled = (size_t)(at + len - question->packet);
}

static void finish(struct question *question, const char *why) {
    char packet[256];
    int len = why ? snprintf(packet, sizeof packet, "%u!%s", question->number, why)
                  : snprintf(packet, sizeof packet, "%u.", question->number);
    send_lines(question);
    send_packet(question, packet, (size_t)len);
}

static void *answer(void *arg) {
    struct question *question = arg;
    const char *end = strchrnul(question->words, ' ');
    gr_slice name = {question->words, (size_t)(end - question->words)};
    question_answer *command = question_command(name);
    finish(question, command ? command(question, end + (*end == ' ')) : "unknown to this worker");
    free(question);
    struct green *self = green_self();
    sched_enter(self);
    under_way--;
    sched_leave(self);
    return NULL;
}

/* ---- questions ---- */

static bool start(struct question *question) {
    char *end;
    question->number = (unsigned)strtoul(question->text, &end, 10);
    question->words = end + (*end == ' ');
    if (under_way == QUESTIONS_MAX) return false;
    if (!green_start(&green_request_pool, answer, question, false)) return false;
    under_way++;
    return true;
}

static void refuse(struct question *question) {
    char packet[64];
    int len =
        snprintf(packet, sizeof packet, "%u!the worker has too much to answer", question->number);
    sys(SYS_sendto, socket_fd, packet, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

/* Returns false when there was none. */
static bool take(void) {
    struct question *question = malloc(sizeof *question);
    if (!question) return false;
    question->lost = false;
    question->filled = 0;
    long n = sys(SYS_recvfrom, socket_fd, question->text, sizeof question->text - 1, MSG_DONTWAIT,
                 NULL, NULL);
    if (n > 0) {
        question->text[n] = '\0';
        if (start(question)) return true;
        refuse(question);
    }
    free(question);
    return n > 0;
}

static void have_questions(struct fd_watch *watch, unsigned events) {
    while (take()) {
    }
    fd_watch_rearm(watch);
}

static struct fd_watch watch = {.ready = have_questions};

int questions_open(int fd) {
    socket_fd = fd;
    struct green *self = green_self();
    if (fd < 0) return 0;
    sched_enter(self);
    int result = fd_watch_add(&watch, fd);
    sched_leave(self);
    return result;
}

void questions_forsake(void) {
    if (socket_fd >= 0) sys(SYS_close, socket_fd);
    socket_fd = -1;
}
