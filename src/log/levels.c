#include "log/levels.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>

#include "base/sys.h"

/* A write is over after fewer. */
enum { TRIES = 1000 };

void log_levels_write(struct log_levels *levels, const char *list) {
    uint32_t odd = atomic_load(&levels->version) | 1;
    atomic_store(&levels->version, odd);
    snprintf(levels->list, sizeof levels->list, "%s", list);
    atomic_store(&levels->version, odd + 1);
    sys(SYS_futex, &levels->version, FUTEX_WAKE, INT_MAX);
}

uint32_t log_levels_read(struct log_levels *levels, char list[LOG_LEVELS_SIZE]) {
    uint32_t before, after;
    int tries = TRIES;
    do {
        before = atomic_load(&levels->version);
        memcpy(list, levels->list, LOG_LEVELS_SIZE);
        atomic_thread_fence(memory_order_acquire);
        after = atomic_load(&levels->version);
    } while ((before != after || before % 2 != 0) && --tries > 0);
    list[LOG_LEVELS_SIZE - 1] = '\0';
    return before;
}

void log_levels_wait(struct log_levels *levels, uint32_t version) {
    while (atomic_load(&levels->version) == version)
        sys(SYS_futex, &levels->version, FUTEX_WAIT, version, NULL);
}
