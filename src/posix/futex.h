/* futex(2), for those who build their own locks on it. */
#ifndef POSIX_FUTEX_H
#define POSIX_FUTEX_H

#include <time.h>

struct futex_call {
    int *address;
    int operation;
    int value;
    const struct timespec *timeout;
    long second; /* uaddr2 */
    unsigned bits;
};

/* Waits park. Returns what the system call returns, errors negated. */
long futex(const struct futex_call *call);

#endif
