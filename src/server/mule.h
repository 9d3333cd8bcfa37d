/* A mule's side of what greenroom/mule.h and the end of greenroom/worker.h say. */
#ifndef SERVER_MULE_H
#define SERVER_MULE_H

#include "server/options.h"

/* Takes note of the mules of the server, and of which of them this process is, and keeps the
 * supervisor's descriptors from programs that the application runs. */
void mules_init(const struct server_options *options);

/* What messages are sent and received by. Returns 0, or -1 with errno. */
int messages_init(const struct server_options *options);

#endif
