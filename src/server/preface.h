/* What stands on a connection before its first byte of TLS or HTTP: a header of the PROXY protocol
 * (server/proxy_protocol.h), on sockets that want it. It is read exactly, and nothing behind it. */
#ifndef SERVER_PREFACE_H
#define SERVER_PREFACE_H

#include "server/exchange.h"

/* Receives as much of it as there is. Once it is whole, sets *whole and has changed who the peer of
 * the connection is. Else returns WAIT; CLOSE: it is malformed, or the peer is no trusted proxy or
 * has gone; or LINGER: there are too many connections of that address. Never parks. */
enum exchange_step preface_receive(struct gr_request *exchange, bool *whole);

#endif
