#include "client/wire.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/wait.h"

static struct wire *of_reader(gr_reader *reader) {
    return (struct wire *)((char *)reader - offsetof(struct wire, reader));
}

static struct wire *of_writer(gr_writer *writer) {
    return (struct wire *)((char *)writer - offsetof(struct wire, writer));
}

static void leave(struct wire *wire) {
    if (--wire->users) return;
    close(wire->fd);
    free(wire);
}

/* Did a call fail only for now? Then it has been waited for. */
static bool may_go_on(const struct wire *wire, short events) {
    if (errno == EINTR) return true;
    return errno == EAGAIN && wait_for(wire->fd, events, wire->due) == 0;
}

static ssize_t wire_read(gr_reader *reader, void *buffer, size_t len) {
    struct wire *wire = of_reader(reader);
    ssize_t n;
    do n = recv(wire->fd, buffer, len, MSG_DONTWAIT);
    while (n < 0 && may_go_on(wire, POLLIN));
    return n;
}

static ssize_t wire_try_read(gr_reader *reader, void *buffer, size_t len) {
    ssize_t n;
    do n = recv(of_reader(reader)->fd, buffer, len, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

static void wire_close_reader(gr_reader *reader, bool excused) { leave(of_reader(reader)); }

static const struct reader_type wire_reader = {
    .read = wire_read, .try_read = wire_try_read, .close = wire_close_reader};

static int wire_write(gr_writer *writer, struct iovec *parts, int count) {
    struct wire *wire = of_writer(writer);
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t n = sendmsg(wire->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && !may_go_on(wire, POLLOUT)) return -1;
        if (n > 0) count = parts_advance(&parts, count, (size_t)n);
    }
    return 0;
}

static int wire_finish(gr_writer *writer) { return 0; }

static void wire_release(gr_writer *writer, int error) { leave(of_writer(writer)); }

static const struct writer_type wire_writer = {
    .write = wire_write, .finish = wire_finish, .release = wire_release};

struct wire *wire_open(int fd) {
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    *wire = (struct wire){{.type = &wire_reader}, {.type = &wire_writer}, fd, 2, INT64_MAX};
    return wire;
}

int wire_wait(const struct wire *wire) { return wait_for(wire->fd, POLLIN, wire->due); }
