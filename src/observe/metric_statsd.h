/* Metrics as statsd takes them (https://github.com/statsd/statsd/blob/master/docs/metric_types.md),
 * with labels as DogStatsD has them, |#name:value,name:value. */
#ifndef OBSERVE_METRIC_STATSD_H
#define OBSERVE_METRIC_STATSD_H

#include "observe/metric_table.h"

enum { METRIC_DATAGRAM_MAX = 1400 };

/* Hands datagrams of whole lines to send: what has changed in the table since the last call, and
 * what gauges are. With a send that is NULL, all is taken as told. */
void metric_statsd_push(struct metric_table *table,
                        void (*send)(void *data, const char *text, size_t len), void *data);

#endif
