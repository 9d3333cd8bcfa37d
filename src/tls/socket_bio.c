#include "tls/socket_bio.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/sys.h"

/* A request of HTTP begins with the letter of a method, a handshake with the number 22. */
static bool looks_like_http(char first) { return first >= 'A' && first <= 'Z'; }

static int receive(BIO *bio, char *buffer, int len) {
    struct tls_stream *stream = BIO_get_data(bio);
    long n = -EAGAIN;
    BIO_clear_retry_flags(bio);
    if (len > stream->appetite) len = stream->appetite;
    if (!stream->dry) do
            n = sys(SYS_recvfrom, stream->fd, buffer, len, MSG_DONTWAIT);
        while (n == -EINTR);
    stream->dry = n < len;
    stream->ended = n == 0;
    stream->blocked = n == -EAGAIN;
    if (stream->blocked) BIO_set_retry_read(bio);
    if (n < 0 && !stream->blocked) stream->error = (int)-n;
    if (n <= 0) return n == 0 ? 0 : -1;
    if (!stream->begun) stream->plain = looks_like_http(*buffer);
    stream->begun = true;
    return stream->plain ? -1 : (int)n;
}

/* What is not tried again, close_notify, is no place for faults. */
static long send_to(const struct tls_stream *stream, const char *data, int len, int flags) {
    if (stream->over) return sys_plain(SYS_sendto, stream->fd, data, len, flags);
    return sys(SYS_sendto, stream->fd, data, len, flags);
}

static int send_some(BIO *bio, const char *data, int len) {
    struct tls_stream *stream = BIO_get_data(bio);
    int flags = stream->flags | MSG_NOSIGNAL | MSG_DONTWAIT;
    long n;
    BIO_clear_retry_flags(bio);
    do n = send_to(stream, data, len, flags);
    while (n == -EINTR);
    if (n == -EAGAIN) BIO_set_retry_write(bio);
    if (n >= 0) return (int)n;
    stream->error = (int)-n;
    return -1;
}

static long control(BIO *bio, int command, long number, void *pointer) {
    const struct tls_stream *stream = BIO_get_data(bio);
    if (command == BIO_CTRL_EOF) return stream->ended;
    return command == BIO_CTRL_FLUSH;
}

static const BIO_METHOD *method(void) {
    static BIO_METHOD *made; /* by the first context_open, before there are others */
    if (made || !(made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")))
        return made;
    BIO_meth_set_read(made, receive);
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_ctrl(made, control);
    return made;
}

BIO *socket_bio_new(struct tls_stream *stream) {
    const BIO_METHOD *socket = method();
    BIO *bio = socket ? BIO_new(socket) : NULL;
    if (!bio) return NULL;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    return bio;
}
