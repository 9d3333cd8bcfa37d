/* How a connection becomes TLS, or why it does not. */
#ifndef SERVER_TLS_HANDSHAKE_H
#define SERVER_TLS_HANDSHAKE_H

#include "server/connection.h"

/* Starts what handshakes need, if a listener speaks TLS. Returns 0, or -1 with errno EAGAIN or
 * ENOMEM. */
int tls_handshakes_start(const struct server_options *options);

/* Is a handshake to be made on it next? */
bool tls_handshake_is_due(const struct connection *connection);

/* Makes it, for as long as the head of a request may take. Returns what the connection is to
 * become: IDLE, LINGER when the client has been told why not, or CLOSED. Failures are counted, and
 * the first of each kind is logged. For the owner in HANDSHAKE, outside sched_enter. Parks. */
enum connection_state tls_handshake(struct connection *connection);

/* How many have failed. */
unsigned long tls_handshakes_failed(void);

#endif
