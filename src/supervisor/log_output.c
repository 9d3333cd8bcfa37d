#include "supervisor/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { LOOK_PERIOD = NS_PER_S };

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

int log_output_open(struct log_output *output, const char *path, int fd) {
    *output = (struct log_output){.fd = fd};
    if (strcmp(path, "-") == 0) return 0;
    int opened = open_file(path);
    if (opened < 0) return -1;
    output->path = strdup(path);
    output->fd = opened;
    return 0;
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool log_output_same(const struct log_output *a, const struct log_output *b) {
    struct stat of_a, of_b;
    return fstat(a->fd, &of_a) == 0 && fstat(b->fd, &of_b) == 0 && same_file(&of_a, &of_b);
}

/* If that fails, the old file is better than none. */
static void follow_name(struct log_output *output) {
    struct stat open_one, named;
    int64_t now = clock_now();
    if (!output->path || now < output->look_next) return;
    output->look_next = now + LOOK_PERIOD;
    if (fstat(output->fd, &open_one) < 0 || !S_ISREG(open_one.st_mode)) return;
    if (stat(output->path, &named) == 0 && same_file(&open_one, &named)) return;
    int fd = open_file(output->path);
    if (fd < 0) return;
    close(output->fd);
    output->fd = fd;
    output->torn = false;
}

/* Somebody may have made what we were given non-blocking, and what we open is. */
static int wait_until_writable(int fd) {
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    return poll(&out, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

static int write_all(struct log_output *output, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(output->fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno != EAGAIN || wait_until_writable(output->fd) < 0)) return -1;
        if (n <= 0) continue;
        data += n;
        len -= (size_t)n;
        output->torn = data[-1] != '\n';
    }
    return 0;
}

int log_output_write(struct log_output *output, const char *lines, size_t len) {
    follow_name(output);
    if (output->torn && write_all(output, "\n", 1) < 0) return -1;
    return write_all(output, lines, len);
}
