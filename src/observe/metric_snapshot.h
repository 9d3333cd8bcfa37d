/* What the server counts of itself, as JSON that is small enough to be told once a second: all of
 * it, and from then on what has changed since. Whoever has the first and each that followed knows
 * every count of every bucket.
 *
 *   {"at":1764324000.123,"whole":true,"series":[
 *    {"id":7,"name":"greenroom_request_seconds","labels":{"endpoint":"/"},
 *     "value":12.5,"rate":1.2,"count":120,"min":0.01,"max":0.41,"buckets":[1603,2,1607,118]},...],"left_out":0}
 *
 * at is a time since 1970, in seconds. value is what the series is now, of timers the sum of all;
 * rate, how many there were a second in the last minute. buckets are pairs, the number of a bucket
 * (observe/histogram.h, octave * 64 + step) and how many values came to lie there: ever, or since
 * the snapshot before. A series that is not new to who has the last snapshot is known by its id
 * alone. */
#ifndef OBSERVE_METRIC_SNAPSHOT_H
#define OBSERVE_METRIC_SNAPSHOT_H

#include <stdio.h>

#include "observe/metric_table.h"

/* Further series are left out, and how many is said. Some places are kept for those that are of no
 * endpoint, of which there can be many. */
enum { METRIC_SNAPSHOT_SERIES = 4000, METRIC_SNAPSHOT_KEPT = 500 };

/* Writes all that belongs to a snapshot (whole), or what is not told yet; of the server's own
 * metrics. */
void metric_snapshot_write(struct metric_table *table, bool whole, FILE *out);

/* What there is now has been told. */
void metric_snapshot_told(struct metric_table *table);

#endif
