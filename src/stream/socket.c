/* A connected socket as two streams. As file.c, the calls are libc's or what stands before it. */
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream/stream.h"

struct socket {
    gr_reader reader;
    gr_writer writer;
    int fd;
    int users; /* directions that are still open. Atomic: each may be another thread's */
};

static struct socket *of_reader(gr_reader *reader) {
    return (struct socket *)((char *)reader - offsetof(struct socket, reader));
}

static struct socket *of_writer(gr_writer *writer) {
    return (struct socket *)((char *)writer - offsetof(struct socket, writer));
}

static void leave(struct socket *socket) {
    if (__atomic_sub_fetch(&socket->users, 1, __ATOMIC_ACQ_REL)) return;
    close(socket->fd);
    free(socket);
}

static ssize_t receive(gr_reader *reader, void *buffer, size_t len, int flags) {
    ssize_t n;
    do n = recv(of_reader(reader)->fd, buffer, len, flags);
    while (n < 0 && errno == EINTR);
    return n;
}

static ssize_t socket_read(gr_reader *reader, void *buffer, size_t len) {
    return receive(reader, buffer, len, 0);
}

static ssize_t socket_try_read(gr_reader *reader, void *buffer, size_t len) {
    return receive(reader, buffer, len, MSG_DONTWAIT);
}

static void socket_close_reader(gr_reader *reader, bool excused) { leave(of_reader(reader)); }

static const struct reader_type socket_reader = {
    .read = socket_read,
    .try_read = socket_try_read,
    .close = socket_close_reader,
};

static int socket_write(gr_writer *writer, struct iovec *parts, int count) {
    int fd = of_writer(writer)->fd;
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) return -1;
        if (n > 0) count = parts_advance(&parts, count, (size_t)n);
    }
    return 0;
}

static int socket_send_file(gr_writer *writer, int fd, off_t offset, size_t len) {
    while (len > 0) {
        ssize_t n = sendfile(of_writer(writer)->fd, fd, &offset, len);
        if (n < 0 && errno != EINTR) return -1;
        if (n == 0) return stream_fail(EIO); /* the file has become shorter */
        if (n > 0) len -= (size_t)n;
    }
    return 0;
}

static int socket_finish(gr_writer *writer) { return shutdown(of_writer(writer)->fd, SHUT_WR); }

/* SO_LINGER of no time makes close(2) send a reset instead of an end. */
static void socket_release(gr_writer *writer, int error) {
    struct socket *socket = of_writer(writer);
    if (error) {
        struct linger at_once = {.l_onoff = 1};
        setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    leave(socket);
}

static const struct writer_type socket_writer = {
    .write = socket_write,
    .send_file = socket_send_file,
    .finish = socket_finish,
    .release = socket_release,
};

int gr_socket(int fd, gr_reader **reader, gr_writer **writer) {
    struct socket *socket = calloc(1, sizeof *socket);
    if (!socket) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    *socket = (struct socket){{.type = &socket_reader}, {.type = &socket_writer}, fd, 2};
    *reader = &socket->reader;
    *writer = &socket->writer;
    return 0;
}
