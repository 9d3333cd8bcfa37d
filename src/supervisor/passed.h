/* Sockets that a service manager has opened before it started us (sd_listen_fds(3)), and which it
 * keeps. One that is bound to what an address of --bind names is used for it. */
#ifndef SUPERVISOR_PASSED_H
#define SUPERVISOR_PASSED_H

#include <sys/socket.h>

#include "config/sentence.h"

/* Takes note of them, and removes the variables that tell of them. */
void passed_take(void);

/* Gives away the one that is bound to that address. -1: there is none. */
int passed_find(const struct sockaddr *at, socklen_t len);

/* Is none left? Returns 0, or -1 with a sentence that names one. */
int passed_check(char error[SENTENCE_SIZE]);

#endif
