/* Where lines end up: a file, or a descriptor that we were started with. All of this may block, but
 * for opening. */
#ifndef SUPERVISOR_LOG_OUTPUT_H
#define SUPERVISOR_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_output {
    char *path; /* owned; NULL: fd is not ours to open again */
    int fd;
    bool torn;         /* what was written last does not end with a line */
    int64_t look_next; /* when to see whether the file is still the one of that name */
};

/* path: a file to append to, which is made, or "-" for fd. A FIFO that nobody reads is refused.
 * Returns 0, or -1 with errno. */
int log_output_open(struct log_output *output, const char *path, int fd);

/* Do both lead to the same place? */
bool log_output_same(const struct log_output *a, const struct log_output *b);

/* Writes whole lines, and waits as long as that takes. Where the file has been renamed or removed
 * for a second, as logrotate does it, they go into a new one of the name. Returns 0, or -1 with
 * errno: the rest is not written. */
int log_output_write(struct log_output *output, const char *lines, size_t len);

#endif
