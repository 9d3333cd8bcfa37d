/* What the supervisor left in the environment of a worker, and what is to be left of it for the
 * programs that the application runs. */
#ifndef SERVER_ENVIRONMENT_H
#define SERVER_ENVIRONMENT_H

#include <stdbool.h>

/* The value of a variable, which is removed. malloc'ed; NULL with errno ENOENT or ENOMEM. */
char *environment_take(const char *name);

/* Removes the interposed libc from LD_PRELOAD; what the user put there stays. Returns 0, or -1 with
 * errno ENOMEM. */
int environment_restore_preload(void);

#endif
