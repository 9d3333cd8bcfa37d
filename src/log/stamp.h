/* The time of day as logs write it. */
#ifndef LOG_STAMP_H
#define LOG_STAMP_H

#include <stddef.h>
#include <stdint.h>

enum {
    LOG_STAMP_LOCAL = sizeof "2026-11-22 00:16:30.123" - 1,
    LOG_STAMP_UTC = sizeof "2026-11-22T00:16:30.123456Z" - 1, /* RFC 3339 */
};

/* time: ns of CLOCK_REALTIME, after 1970 and before 10000. No terminators. */
void log_stamp_local(char out[LOG_STAMP_LOCAL], int64_t time);
void log_stamp_utc(char out[LOG_STAMP_UTC], int64_t time);

#endif
