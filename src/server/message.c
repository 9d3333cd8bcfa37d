/* Messages to mules: packets of a byte, so that an empty one is no end of the stream, and the
 * payload. The supervisor has made the sockets. One that is to be replied to carries a socket for
 * that (SCM_RIGHTS, unix(7)). The calls are libc's or what stands before it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "greenroom/mule.h"
#include "greenroom/worker.h"
#include "runtime/watch.h"
#include "server/load.h"
#include "server/mule.h"

struct gr_message {
    int reply; /* -1: nobody waits for one */
    size_t len;
    char packet[1 + GR_MESSAGE_MAX]; /* cut off behind the payload */
};

union rights {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

static const struct server_options *options;
static int end_fd = -1; /* readable once the mule has been told to end */
static int takes;       /* messages have been asked for. Atomic */

int messages_init(const struct server_options *wanted) {
    options = wanted;
    if (options->mule < 0) return 0;
    end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (end_fd >= 0) fd_keep(end_fd, true);
    return end_fd < 0 ? -1 : 0;
}

bool gr_worker_end_messages(void) {
    const uint64_t one = 1;
    sys(SYS_write, end_fd, &one, sizeof one);
    return __atomic_load_n(&takes, __ATOMIC_RELAXED);
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* Waits for one of them. Returns 0, or -1 with errno. */
static int wait_for(struct pollfd *fds, nfds_t count, int64_t due) {
    int64_t left = due ? due - clock_now() : 0;
    struct timespec timeout = {left / NS_PER_S, left % NS_PER_S};
    if (due && left <= 0) return fail(ETIMEDOUT);
    int ready = ppoll(fds, count, due ? &timeout : NULL, NULL);
    return ready > 0 ? 0 : ready == 0 ? fail(ETIMEDOUT) : -1;
}

/* ---- sending ---- */

static int send_packet(int fd, gr_slice payload, int reply, int64_t due) {
    char mark = 0;
    union rights rights = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                                    .cmsg_level = SOL_SOCKET,
                                    .cmsg_type = SCM_RIGHTS}};
    struct iovec parts[] = {{&mark, 1}, {(char *)payload.data, payload.len}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    if (payload.len > GR_MESSAGE_MAX) return fail(EMSGSIZE);
    if (reply >= 0) {
        packet.msg_control = &rights;
        packet.msg_controllen = sizeof rights;
        memcpy(CMSG_DATA(&rights.head), &reply, sizeof reply);
    }
    while (sendmsg(fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (errno != EAGAIN || wait_for(&room, 1, due) < 0) return -1;
    }
    return 0;
}

static int send_one(int to, gr_slice payload, int reply, int64_t due) {
    if (!gr_mule_name(to)) return fail(EINVAL);
    return send_packet(options->mules[to].mailbox, payload, reply, due);
}

int gr_mule_count(void) { return options ? options->mule_count : 0; }

const char *gr_mule_name(int number) {
    return number >= 0 && number < gr_mule_count() ? options->mules[number].function : NULL;
}

int gr_mule_send(int to, gr_slice payload, int64_t due) {
    if (to != GR_MULES_ALL) return send_one(to, payload, -1, due);
    for (int i = 0; i < gr_mule_count(); i++)
        if (send_one(i, payload, -1, due) < 0) return -1;
    return 0;
}

int gr_mule_ask(int to, gr_slice payload, int64_t due) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    int sent = send_one(to, payload, ends[1], due), why = errno;
    close(ends[1]);
    if (sent == 0) return ends[0];
    close(ends[0]);
    return fail(why);
}

ssize_t gr_mule_take_reply(int asked, void *reply, size_t room, int64_t due) {
    char mark;
    struct iovec parts[] = {{&mark, 1}, {reply, room}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;
    while ((got = recvmsg(asked, &packet, MSG_DONTWAIT)) < 0) {
        struct pollfd news = {.fd = asked, .events = POLLIN};
        if (errno != EAGAIN || wait_for(&news, 1, due) < 0) return -1;
    }
    if (got == 0) return fail(ECONNRESET);
    return packet.msg_flags & MSG_TRUNC ? fail(EMSGSIZE) : got - 1;
}

/* ---- receiving ---- */

static ssize_t take(gr_message *message) {
    union rights rights;
    struct iovec part = {message->packet, sizeof message->packet};
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t got = recvmsg(options->inbox_fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got <= 0) return got;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
    if (head && head->cmsg_type == SCM_RIGHTS)
        memcpy(&message->reply, CMSG_DATA(head), sizeof message->reply);
    message->len = (size_t)got - 1;
    return got;
}

static bool is_told_to_end(void) {
    struct pollfd end = {.fd = end_fd, .events = POLLIN};
    struct timespec now = {0};
    return sys(SYS_ppoll, &end, 1, &now, NULL, 0) > 0;
}

/* Where the mule alone is to end, its successor takes what is queued. */
static int receive(gr_message *message, int64_t due) {
    for (;;) {
        bool ends = is_told_to_end();
        if (ends && !load_server_draining()) return fail(ESHUTDOWN);
        if (take(message) > 0) return 0;
        if (errno != EAGAIN) return -1;
        if (ends) return fail(ESHUTDOWN);
        struct pollfd news[] = {{.fd = options->inbox_fd, .events = POLLIN},
                                {.fd = end_fd, .events = POLLIN}};
        if (wait_for(news, 2, due) < 0 && (errno != EINTR || !is_told_to_end())) return -1;
    }
}

gr_message *gr_mule_receive(int64_t due) {
    if (!options || options->mule < 0) {
        errno = EPERM;
        return NULL;
    }
    __atomic_store_n(&takes, 1, __ATOMIC_RELAXED);
    gr_message *message = malloc(sizeof *message);
    if (!message) return NULL;
    message->reply = -1;
    if (receive(message, due) < 0) {
        int why = errno;
        free(message);
        errno = why;
        return NULL;
    }
    load_add_request();
    gr_message *fitting = realloc(message, offsetof(gr_message, packet) + 1 + message->len);
    return fitting ? fitting : message;
}

gr_slice gr_message_payload(const gr_message *message) {
    return (gr_slice){message->packet + 1, message->len};
}

int gr_message_reply(gr_message *message, gr_slice payload) {
    if (payload.len > GR_MESSAGE_MAX) return fail(EMSGSIZE);
    if (message->reply < 0) return fail(EPIPE);
    int sent = send_packet(message->reply, payload, -1, 0);
    int why = errno == ECONNRESET ? EPIPE : errno;
    close(message->reply);
    message->reply = -1;
    return sent < 0 ? fail(why) : 0;
}

void gr_message_free(gr_message *message) {
    if (!message) return;
    if (message->reply >= 0) close(message->reply);
    free(message);
}
