/* A request's tally in a line of the log, in microseconds; what took none is left out. In text, the
 * downstreams it waited for; in JSON, all that it used:
 *
 *     running=412 queued=8 downstream=50031 postgres@db.example:5432=50031
 *
 *     ,"times_us":{"running":412,"queued":8,"downstream":50031},"downstreams":[
 *     {"name":"db.example:5432","protocol":"postgres","waited_us":50031,"round_trips":2,
 *     "connections":1,"sent":112,"received":512}] */
#ifndef SERVER_TALLY_LINE_H
#define SERVER_TALLY_LINE_H

#include "log/line.h"
#include "observe/tally.h"

/* Most that either adds. */
enum { TALLY_LINE_MAX = 512 + 9 * 320 };

/* With a blank before. */
void tally_line_put_text(struct log_line *line, const struct tally *tally);

/* Members of an object, with a comma before. */
void tally_line_put_members(struct log_line *line, const struct tally *tally);

#endif
