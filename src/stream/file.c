/* Descriptors as streams. The calls are libc's, or what stands before it: that parks where the
 * descriptor is one that can be waited for. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream/stream.h"

struct file_reader {
    gr_reader reader;
    int fd;
};

struct file_writer {
    gr_writer writer;
    int fd;
};

/* Memory for a stream over fd, which is closed if there is none. */
static void *new_over(int fd, size_t size) {
    if (fd < 0) {
        if (!errno) errno = EBADF;
        return NULL;
    }
    void *stream = calloc(1, size);
    if (!stream) close(fd);
    return stream;
}

static ssize_t file_read(gr_reader *reader, void *buffer, size_t len) {
    ssize_t n;
    do n = read(((struct file_reader *)reader)->fd, buffer, len);
    while (n < 0 && errno == EINTR);
    return n;
}

static void file_reader_close(gr_reader *reader, bool excused) {
    close(((struct file_reader *)reader)->fd);
    free(reader);
}

static const struct reader_type file_reader = {.read = file_read, .close = file_reader_close};

gr_reader *gr_file_reader(int fd) {
    struct file_reader *file = new_over(fd, sizeof *file);
    if (!file) return NULL;
    file->reader.type = &file_reader;
    file->fd = fd;
    return &file->reader;
}

int reader_file(const gr_reader *reader) {
    bool is_file = reader->type == &file_reader;
    return is_file && reader->start == reader->end ? ((const struct file_reader *)reader)->fd : -1;
}

static int file_write(gr_writer *writer, struct iovec *parts, int count) {
    int fd = ((struct file_writer *)writer)->fd;
    while (count > 0) {
        ssize_t n = writev(fd, parts, count);
        if (n < 0 && errno != EINTR) return -1;
        if (n > 0) count = parts_advance(&parts, count, (size_t)n);
    }
    return 0;
}

/* close(2) may be the one to tell that what was written is lost. */
static int file_finish(gr_writer *writer) {
    struct file_writer *file = (struct file_writer *)writer;
    int fd = file->fd;
    file->fd = -1;
    return close(fd) < 0 && errno != EINTR ? -1 : 0;
}

static void file_release(gr_writer *writer, int error) {
    struct file_writer *file = (struct file_writer *)writer;
    if (file->fd >= 0) close(file->fd);
    free(file);
}

static const struct writer_type file_writer = {
    .write = file_write, .finish = file_finish, .release = file_release};

gr_writer *gr_file_writer(int fd) {
    struct file_writer *file = new_over(fd, sizeof *file);
    if (!file) return NULL;
    file->writer.type = &file_writer;
    file->fd = fd;
    return &file->writer;
}
