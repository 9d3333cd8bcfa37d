/* A conversation with a server by its control socket: supervisor/control_peer.h. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <stdbool.h>

#include "config/sentence.h"

/* Sends a request, and gives each line of what comes to take, until it ends. Returns 0; 1 when the
 * server says that it has failed, with its sentence in error; or 2 with a sentence when there is
 * none at the socket. An end without a last word is success if the server is expected to go. */
int control_ask(const char *path, const char *request, bool goes,
                void (*take)(void *data, char *line), void *data, char error[SENTENCE_SIZE]);

#endif
