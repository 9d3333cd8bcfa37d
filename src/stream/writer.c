/* What all writers share. */
#include "stream/stream.h"

int parts_advance(struct iovec **parts, int count, size_t bytes) {
    while (count > 0 && bytes >= (*parts)->iov_len) {
        bytes -= (*parts)->iov_len;
        (*parts)++;
        count--;
    }
    if (count > 0) {
        (*parts)->iov_base = (char *)(*parts)->iov_base + bytes;
        (*parts)->iov_len -= bytes;
    }
    return count;
}

static int note(gr_writer *writer, int result) {
    if (result < 0) writer->error = errno;
    return result;
}

int gr_writer_writev(gr_writer *writer, struct iovec *parts, int count) {
    if (writer->error) return stream_fail(writer->error);
    count = parts_advance(&parts, count, 0);
    return count ? note(writer, writer->type->write(writer, parts, count)) : 0;
}

int gr_writer_write(gr_writer *writer, const void *data, size_t len) {
    struct iovec part = {(void *)data, len};
    return gr_writer_writev(writer, &part, 1);
}

int gr_writer_flush(gr_writer *writer) {
    if (writer->error) return stream_fail(writer->error);
    return writer->type->flush ? note(writer, writer->type->flush(writer)) : 0;
}

int gr_writer_try_write(gr_writer *writer, const void *data, size_t len) {
    if (writer->error) return stream_fail(writer->error);
    if (!writer->type->try_write) return stream_fail(EOPNOTSUPP);
    int result = writer->type->try_write(writer, data, len);
    if (result < 0 && errno == EPIPE) writer->error = EPIPE;
    return result;
}

int gr_writer_on_drain(gr_writer *writer, gr_stream_event *event, void *data) {
    if (!writer->type->on_drain) return stream_fail(EOPNOTSUPP);
    writer->type->on_drain(writer, event, data);
    return 0;
}

int gr_writer_close(gr_writer *writer) {
    if (!writer->error) note(writer, writer->type->finish(writer));
    int error = writer->error;
    writer->type->release(writer, error);
    return error ? stream_fail(error) : 0;
}

void gr_writer_abort(gr_writer *writer, int error) {
    if (!writer) return;
    int saved = errno;
    writer->type->release(writer, error > 0 ? error : ECANCELED);
    errno = saved;
}
