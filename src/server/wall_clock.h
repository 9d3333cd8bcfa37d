/* The time of day as text, made once a second. Owned by the scheduler's carrier. */
#ifndef SERVER_WALL_CLOCK_H
#define SERVER_WALL_CLOCK_H

#include "http/response_head.h"

enum { WALL_CLOCK_DATE_FIELD = sizeof "Date: \r\n" - 1 + HTTP_DATE_LENGTH };

struct wall_clock {
    char date_field[WALL_CLOCK_DATE_FIELD]; /* "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" */
    char log_stamp[sizeof "06/Nov/1994:08:49:37 +0000"]; /* local time, as in access logs */
    int64_t ahead; /* ns by which CLOCK_REALTIME was before CLOCK_MONOTONIC */
};

/* Right to the second as of this pass of the loop. Valid until the next call. */
const struct wall_clock *wall_clock_now(void);

/* The time of day in ns, of a time of base/clock.h in this second. */
int64_t wall_clock_time(int64_t now);

/* The Date field of this second. For any thread. */
void wall_clock_date_field(char field[WALL_CLOCK_DATE_FIELD]);

#endif
