/* Sockets as a blocking thread sees them, for the hooks of read and write as well. All park, but
 * with MSG_DONTWAIT only for a turn to send (see guard/guarded.h). They return a count or a negated
 * errno; -ENOTSOCK without having waited. */
#ifndef POSIX_SOCKET_H
#define POSIX_SOCKET_H

#include "posix/hook.h"

/* Receives once; until len bytes are there with MSG_WAITALL on a stream. */
long socket_receive(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                    socklen_t *from_len);

long socket_receive_message(int fd, struct msghdr *message, int flags);

/* Sends all of it, unless the socket is in non-blocking mode or an error comes after a part. */
long socket_send(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
                 socklen_t to_len);

long socket_send_message(int fd, const struct msghdr *message, int flags);

#endif
