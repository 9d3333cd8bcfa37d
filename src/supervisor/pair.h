/* Pipes and socket pairs. */
#ifndef SUPERVISOR_PAIR_H
#define SUPERVISOR_PAIR_H

#include <errno.h>
#include <unistd.h>

/* Closes both ends, and keeps errno: for who gives up. */
static inline void pair_close(const int ends[2]) {
    int saved = errno;
    close(ends[0]);
    close(ends[1]);
    errno = saved;
}

#endif
