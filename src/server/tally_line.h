/* A request's tally in a line of the log, in microseconds; what took none is left out:
 *
 *     running=412 queued=8 sleep=50031
 *
 *     ,"times_us":{"running":412,"queued":8,"sleep":50031} */
#ifndef SERVER_TALLY_LINE_H
#define SERVER_TALLY_LINE_H

#include "log/line.h"
#include "observe/tally.h"

/* Most that either adds. */
enum { TALLY_LINE_MAX = 512 };

/* With a blank before. */
void tally_line_put_text(struct log_line *line, const struct tally *tally, int64_t now);

/* Members of an object, with a comma before. */
void tally_line_put_members(struct log_line *line, const struct tally *tally, int64_t now);

#endif
