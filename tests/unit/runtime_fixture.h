/* Starts the runtime once for a test program, on the poller that GREENROOM_POLLER names. */
#ifndef RUNTIME_FIXTURE_H
#define RUNTIME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "greenroom/green.h"
#include "runtime/runtime.h"

static inline int start_runtime(void **state) {
    const char *poller = getenv("GREENROOM_POLLER");
    struct runtime_options options = {
        .poller = poller && strcmp(poller, "poll") == 0 ? POLLER_POLL : POLLER_EPOLL,
        .stack_size = 256 * 1024,
        .slice = 10 * NS_PER_MS,
    };
    const char *why = NULL;
    if (runtime_start(&options, &why) == 0) return 0;
    fprintf(stderr, "runtime: %s\n", why);
    return -1;
}

/* The rest of a test cannot hold while faults of that kind are injected: skips it. */
static inline void without_fault(enum fault kind) {
    if (fault_is_on(kind)) skip();
}

#endif
