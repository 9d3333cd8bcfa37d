/* How a worker that starts tells the supervisor what has become of it: by one write to a pipe, "R"
 * when it serves, or "F" and a sentence that says why it never will. A worker that has no
 * supervisor tells nobody. Async-signal-safe, and never parks. */
#ifndef SERVER_READY_PIPE_H
#define SERVER_READY_PIPE_H

/* Takes over the write end, -1 for none, and keeps it from the programs that the application runs.
 */
void ready_pipe_hold(int fd);

/* Once the runtime is on: keeps the application from closing it. */
void ready_pipe_protect(void);

/* The worker serves: closes the pipe. */
void ready_pipe_serves(void);

/* The worker is about to end. What is told first counts; cut off where it is too long. */
void ready_pipe_failed(const char *why);

#endif
