/* How an attached command is started: in a session of its own, as the user and in the sandbox of
 * the workers, with nothing of ours but a pipe to the log. */
#ifndef SUPERVISOR_ATTACHED_LAUNCH_H
#define SUPERVISOR_ATTACHED_LAUNCH_H

#include <sys/types.h>

#include "supervisor/launch.h"
#include "supervisor/log_relay.h"

/* The name of the program without its folders, "celery", which is also that of its logger. command
 * is one that words_split takes. */
void attached_program(const char *command, char name[LOG_PIPE_LOGGER]);

/* Starts it; program is its name. Its process id is also that of its group and its session, once it
 * has come to that. It gets SIGTERM when we die. What cannot be executed says so on its stderr and
 * exits with 127. Returns the process id, or -1 with errno. */
pid_t attached_launch(const char *command, const char *program, const struct launch *launch);

#endif
