/* What signals mean to a worker, and no longer mean to the processes it forks. All of these go
 * through the interposed sigaction, as those of the application do. */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

/* A client that leaves in the middle of sendfile, which knows no MSG_NOSIGNAL, must not end the
 * worker. Somebody else's handler is left alone. */
void signals_ignore_broken_pipe(void);

/* A SIGHUP that is sent to the whole group, as when a terminal is closed, is for the master.
 * Somebody else's handler is left alone, and programs that the application runs get what they
 * would. */
void signals_survive_hangup(void);

/* SIGTERM and SIGINT call handler from now on. Returns 0, or -1 with errno. */
int signals_stop_with(void (*handler)(int number));

/* In a child of fork: SIGTERM, SIGINT and SIGHUP do again what they did before, unless the
 * application has said otherwise since. */
void signals_give_back(void);

#endif
