/* What server/connection.h promises, for a connection that is TLS. */
#ifndef SERVER_TLS_IO_H
#define SERVER_TLS_IO_H

#include "server/connection.h"

/* As connection_try_receive. */
long tls_receive(struct connection *connection, void *buffer, size_t len);

/* As the functions of connection.h of these names. */
int tls_send(struct connection *connection, struct iovec *parts, int count, int flags);
int tls_send_file(struct connection *connection, int fd, off_t offset, size_t len);

/* Says that nothing more will be sent, if anything can be said. Never parks. */
void tls_end(struct connection *connection);

/* Gives back what TLS needs. */
void tls_close(struct connection *connection);

#endif
