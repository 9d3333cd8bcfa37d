#include "server/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "runtime/park.h"
#include "server/connection.h"
#include "server/listener.h"

static const struct listener nowhere = {.address = {.family = AF_UNIX}};

static int fail(char *why, const char *path, const char *reason) {
    snprintf(why, TRIAL_WHY_SIZE, "GET %.128s, the ready path, %.80s", path, reason);
    return -1;
}

/* It fits into the buffer of the socket. */
static int send_all(int fd, const char *text, size_t len) {
    while (len > 0) {
        long n = sys(SYS_sendto, fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == -EINTR || n == -EAGAIN) continue;
        if (n < 0) {
            errno = (int)-n;
            return -1;
        }
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Returns what recv(2) does, or a negated errno. */
static long receive(int fd, char *buffer, size_t len, int64_t due) {
    for (;;) {
        long n = sys(SYS_recvfrom, fd, buffer, len, MSG_DONTWAIT);
        if (n == -EINTR) continue;
        if (n != -EAGAIN) return n;
        if (fd_wait(fd, POLLIN, due) == WAIT_TIMED_OUT) return -ETIMEDOUT;
    }
}

/* Takes the answer whole, so that the request is over. Its first bytes are left in start. */
static long take_answer(int fd, char *start, size_t len, int64_t due) {
    static char waste[4096];
    size_t filled = 0;
    long n;
    do {
        n = filled < len ? receive(fd, start + filled, len - filled, due)
                         : receive(fd, waste, sizeof waste, due);
        if (n > 0 && filled < len) filled += (size_t)n;
    } while (n > 0);
    return n < 0 ? n : (long)filled;
}

static int judge(long got, const char *answer, const char *path, char *why) {
    char reason[64];
    int status = 0;
    if (got == -ETIMEDOUT) {
        snprintf(reason, sizeof reason, "has not been answered within %d s", TRIAL_SECONDS);
        return fail(why, path, reason);
    }
    if (got < 0) return fail(why, path, strerror((int)-got));
    if (got >= 12) status = atoi(answer + sizeof "HTTP/1.1");
    if (status >= 200 && status < 300) return 0;
    snprintf(reason, sizeof reason, "was answered by %d", status);
    return fail(why, path, status ? reason : "was not answered");
}

static int ask(int fd, const char *path, char *why) {
    char request[512], answer[16] = "";
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: greenroom\r\n"
                       "Connection: close\r\n\r\n",
                       path);
    if (len >= (int)sizeof request) return fail(why, path, "is too long");
    if (send_all(fd, request, (size_t)len) < 0) return fail(why, path, strerror(errno));
    int64_t due = clock_after(TRIAL_SECONDS * (int64_t)NS_PER_S);
    return judge(take_answer(fd, answer, sizeof answer - 1, due), answer, path, why);
}

int trial_run(const char *path, char why[TRIAL_WHY_SIZE]) {
    int ends[2] = {-1, -1};
    const union peer peer = {.family = AF_UNIX};
    struct green *self = green_self();
    long made = sys(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
    if (made < 0) return fail(why, path, strerror((int)-made));
    fd_unknown(ends[1]);
    int result = connections_reserve();
    if (result < 0) {
        sys(SYS_close, ends[0]);
        fail(why, path, strerror(errno));
    } else {
        connection_open(ends[0], &nowhere, &peer);
        sched_leave(self);
        result = ask(ends[1], path, why);
        sched_enter(self);
    }
    fd_closing(ends[1]);
    sys(SYS_close, ends[1]);
    return result;
}
