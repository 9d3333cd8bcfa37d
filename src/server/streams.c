/* The body of a request, and the answer, as streams. Both live in the arena of the request. */
#include "server/exchange.h"
#include "stream/stream.h"

struct body_reader {
    gr_reader reader;
    gr_request *request;
};

static ssize_t body_read(gr_reader *reader, void *buffer, size_t len) {
    return gr_request_read(((struct body_reader *)reader)->request, buffer, len);
}

static void body_close(gr_reader *reader, bool excused) {}

static const struct reader_type body_reader = {.read = body_read, .close = body_close};

gr_reader *gr_request_reader(gr_request *request) {
    struct body_reader *body = gr_request_alloc(request, sizeof *body);
    if (!body) return NULL;
    *body = (struct body_reader){{.type = &body_reader}, request};
    return &body->reader;
}

struct answer_writer {
    gr_writer writer;
    gr_request *request;
};

static gr_request *of_writer(gr_writer *writer) {
    return ((struct answer_writer *)writer)->request;
}

static int answer_write(gr_writer *writer, struct iovec *parts, int count) {
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len &&
            gr_response_write(of_writer(writer), parts[i].iov_base, parts[i].iov_len) < 0)
            return -1;
    return 0;
}

static int answer_send_file(gr_writer *writer, int fd, off_t offset, size_t len) {
    return gr_response_send_file(of_writer(writer), fd, offset, len);
}

static int answer_finish(gr_writer *writer) { return gr_response_end(of_writer(writer)); }

static void answer_release(gr_writer *writer, int error) {
    if (error) response_forsake(of_writer(writer));
}

static const struct writer_type answer_writer = {
    .write = answer_write,
    .send_file = answer_send_file,
    .finish = answer_finish,
    .release = answer_release,
};

gr_writer *gr_response_writer(gr_request *request) {
    struct answer_writer *answer = gr_request_alloc(request, sizeof *answer);
    if (!answer) return NULL;
    *answer = (struct answer_writer){{.type = &answer_writer}, request};
    return &answer->writer;
}
