/* Metrics by statsd (docs/metrics.md): datagrams to a collector every ten seconds, by a thread of
 * the master's. Counters are told by what they have grown, gauges by what they are, timers and
 * histograms by each value, to less than 1 %, with how often it came as the inverse of a sample
 * rate. */
#ifndef SUPERVISOR_STATSD_H
#define SUPERVISOR_STATSD_H

#include "config/settings.h"
#include "server/board.h"

/* Begins, if settings name a collector, and has metrics kept. Returns 0, or -1 with a sentence. */
int statsd_start(const struct settings *settings, const struct board *board,
                 char error[SENTENCE_SIZE]);

/* Tells the last, if it has begun; waits for a second at most. */
void statsd_finish(void);

#endif
