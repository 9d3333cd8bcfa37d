/* Where the control socket of a server is, unless it is told otherwise: PID.sock in a directory of
 * the user who runs it. That is /run/greenroom for root, otherwise greenroom in $XDG_RUNTIME_DIR,
 * or /tmp/greenroom-UID where there is none. */
#ifndef SUPERVISOR_CONTROL_PATH_H
#define SUPERVISOR_CONTROL_PATH_H

#include <sys/types.h>

#include "config/sentence.h"

/* As long as the path of a unix socket may be, with its NUL. */
enum { CONTROL_PATH_SIZE = 108 };

/* The socket of this process, in a directory that is made if need be, and that nobody else can
 * write to. Files of servers that are gone are removed from it. Returns 0, or -1 with a sentence.
 */
int control_path_make(char path[CONTROL_PATH_SIZE], char error[SENTENCE_SIZE]);

/* The socket of the server with that process id; of the only one that runs for 0. Returns 0, or -1
 * with a sentence. */
int control_path_find(pid_t pid, char path[CONTROL_PATH_SIZE], char error[SENTENCE_SIZE]);

#endif
