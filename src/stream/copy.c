#include <sys/stat.h>
#include <unistd.h>

#include "stream/stream.h"

/* The rest of a regular file, as long as it is now. Returns its length, 0 if there is nothing to
 * send so, or -1 with errno. */
static int64_t send_rest_of_file(gr_reader *reader, gr_writer *writer) {
    struct stat status;
    int fd = reader_file(reader);
    if (fd < 0 || !writer->type->send_file || writer->error) return 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || at >= status.st_size)
        return 0;
    off_t len = status.st_size - at;
    if (writer->type->send_file(writer, fd, at, (size_t)len) < 0) {
        writer->error = errno;
        return -1;
    }
    lseek(fd, at + len, SEEK_SET);
    return len;
}

static int64_t carry(gr_reader *reader, gr_writer *writer) {
    int64_t sum = send_rest_of_file(reader, writer);
    if (sum < 0) return -1;
    for (;;) {
        gr_slice bytes;
        if (stream_check_patience() < 0) return -1;
        ssize_t n = gr_reader_peek(reader, &bytes);
        if (n < 0) return -1;
        if (n == 0) return sum;
        if (gr_writer_write(writer, bytes.data, bytes.len) < 0) return -1;
        gr_reader_consume(reader, bytes.len);
        sum += n;
    }
}

int64_t gr_copy(gr_reader *reader, gr_writer *writer) {
    if (!reader || !writer) {
        int error = errno ? errno : EINVAL;
        reader_close(reader, true);
        gr_writer_abort(writer, error);
        return stream_fail(error);
    }
    int64_t sum = carry(reader, writer);
    int error = sum < 0 ? errno : 0;
    reader_close(reader, error != 0);
    if (error)
        gr_writer_abort(writer, error);
    else if (gr_writer_close(writer) < 0)
        error = errno;
    return error ? stream_fail(error) : sum;
}
