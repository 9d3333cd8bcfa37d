/* The listening sockets that speak TLS: their certificates, read at the start and whenever the
 * files have changed. */
#ifndef SERVER_TLS_LISTENER_H
#define SERVER_TLS_LISTENER_H

#include "server/options.h"
#include "tls/engine.h"

struct tls_listener;

/* Loaded when there is such a socket; else NULL. */
extern const struct tls_engine *tls_library;

/* Reads what the settings name. Returns 0, or -1 with errno; the log has said why. */
int tls_listeners_open(const struct server_options *options);

/* Of the socket with that number in the settings; NULL when it does not speak TLS. */
struct tls_listener *tls_listener_at(int number);

/* What to make a stream with. For the thread of server/tls_thread.h. */
struct tls_context *tls_listener_context(const struct tls_listener *listener);

/* Files that have changed since they were read, but not since the call before, are read anew. If
 * they are good, new connections get them; if not, the log says why, and the old ones stay. For the
 * thread of server/tls_thread.h. */
void tls_listeners_look(void);

#endif
