/* What workers, their children and attached commands write to stdout and stderr by themselves, past
 * the log: C libraries, programs that the application runs, the last words of what crashes.
 *
 * Both are pipes whose other ends a thread of the master reads, so that words come out also when
 * the worker is no more, and children may outlive it. What it reads becomes lines of the loggers
 * "stdout" and "stderr" at once, or of one that is named after the command; when the log is slow
 * they are dropped, and nobody waits for a full pipe. */
#ifndef SUPERVISOR_LOG_RELAY_H
#define SUPERVISOR_LOG_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct log_pipes {
    bool wanted;        /* if not, all of this does nothing */
    int out[2], err[2]; /* read end, write end */
};

enum { LOG_PIPE_LOGGER = 64 };

/* The read end of one of them. */
struct log_pipe {
    int fd;
    bool is_error;
    int slot; /* or as log/line.h names who has none */
    pid_t pid;
    char logger[LOG_PIPE_LOGGER]; /* "": stdout or stderr */
};

/* Starts the thread, or starts it again. Returns 0, or -1 with errno. */
int log_relay_start(void);

/* Ends the thread, and leaves what it has not read for another one, and another master. Until it is
 * started again, that is what it reads. */
void log_relay_pause(void);
size_t log_relay_count(void);
struct log_pipe log_relay_pipe(size_t number);

/* Reads a pipe, which may be one that another master has made, and left; once the thread is
 * started. */
void log_relay_adopt(const struct log_pipe *pipe);

/* Returns 0, or -1 with errno. */
int log_pipes_open(struct log_pipes *pipes, bool wanted);

/* In the child that will be a worker: stdout and stderr are the pipes. Returns 0, or -1 with errno.
 */
int log_pipes_wear(const struct log_pipes *pipes);

/* In the parent: reads them from now on, until nobody can write to them any more. pid is the
 * worker's; -1: there is none, and they are closed. */
void log_pipes_relay(struct log_pipes *pipes, int slot, pid_t pid);

/* Reads what has been written so far, and ends the thread, which takes an instant. */
void log_relay_stop(void);

#endif
