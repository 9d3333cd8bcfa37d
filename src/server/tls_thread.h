/* The OS thread on which handshakes are made, one after the other, so that the requests of the
 * worker do not wait for the arithmetic of private keys, and however many come, they take one
 * kernel task. It also looks after the files of certificates. */
#ifndef SERVER_TLS_THREAD_H
#define SERVER_TLS_THREAD_H

/* Starts it. Returns 0, or -1 with errno EAGAIN or ENOMEM. */
int tls_thread_start(void);

/* Runs fn(arg) there, once those who came earlier have been served. For green threads, outside
 * sched_enter. Parks. */
void tls_thread_run(void (*fn)(void *arg), void *arg);

#endif
