/* What has been said of levels since the server was started: a list as log/level.h has it, in
 * memory that master and workers share. The master writes it; workers read it, and wait for news.
 */
#ifndef LOG_LEVELS_H
#define LOG_LEVELS_H

#include <stdatomic.h>

#include "greenroom/base.h"
#include "log/level.h"

struct log_levels {
    _Atomic uint32_t version;   /* odd while list is being written. A futex */
    char list[LOG_LEVELS_SIZE]; /* "": nothing has been said */
};

/* One writer at a time. */
GR_API void log_levels_write(struct log_levels *levels, const char *list);

/* Copies the list. Returns its version; the list may be torn if that is odd, as it would stay if a
 * process had written nonsense there. */
GR_API uint32_t log_levels_read(struct log_levels *levels, char list[LOG_LEVELS_SIZE]);

/* Sleeps while the version is that one. */
void log_levels_wait(struct log_levels *levels, uint32_t version);

#endif
