#include "server/ready_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include "base/sys.h"
#include "runtime/watch.h"

enum { SENTENCE_MAX = 400 }; /* with its letter less than PIPE_BUF: it arrives whole */

static int pipe_fd = -1;
static bool protected;

void ready_pipe_hold(int fd) {
    pipe_fd = fd;
    if (fd >= 0) sys(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

void ready_pipe_protect(void) {
    fd_keep(pipe_fd, true);
    protected = true;
}

static void tell(const char *letter, const char *text, size_t len) {
    if (pipe_fd < 0) return;
    struct iovec parts[] = {{(char *)letter, 1}, {(char *)text, len}};
    long n;
    do n = sys(SYS_writev, pipe_fd, parts, 2);
    while (n == -EINTR || n == -EAGAIN);
    if (protected) fd_keep(pipe_fd, false);
    sys(SYS_close, pipe_fd);
    pipe_fd = -1;
}

void ready_pipe_serves(void) { tell("R", "", 0); }

void ready_pipe_failed(const char *why) { tell("F", why, strnlen(why, SENTENCE_MAX)); }
