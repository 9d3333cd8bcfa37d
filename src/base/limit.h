/* Limits that the kernel sets to this process. */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <sys/resource.h>

/* As many descriptors as may be asked for. */
static inline void limit_raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
