#include "supervisor/mailbox.h"

#include <sys/socket.h>

/* Bytes of a queue, as far as net.core.wmem_max allows. */
static const int room = 4 << 20;

static int open_one(struct mailbox *mailbox) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    *mailbox = (struct mailbox){.write_end = ends[0], .read_end = ends[1]};
    return setsockopt(mailbox->write_end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

int mailboxes_open(struct mailbox *mailboxes, int count) {
    for (int i = 0; i < count; i++)
        if (!mailboxes[i].read_end && open_one(&mailboxes[i]) < 0) return -1;
    return 0;
}
