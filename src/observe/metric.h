/* What this process counts: include/greenroom/metrics.h, and the same for the server itself. */
#ifndef OBSERVE_METRIC_H
#define OBSERVE_METRIC_H

#include "observe/metric_store.h"

/* Does anybody want to know? Else what is recorded stays in this process. */
extern bool metrics_on;

/* Maps the store that the master has made, and closes fd; -1 for none. Returns 0, or -1 with errno.
 */
int metrics_open(int fd);

/* Where this process counts; NULL: nowhere yet. */
struct metric_store *metric_store_own(void);

/* The same as gr_metric_find for the names that begin with METRIC_OWN_PREFIX, which are the
 * server's. Never NULL. */
gr_metric *metric_of_server(gr_metric_kind kind, const char *name, const char *help,
                            const gr_label *labels, size_t count);

/* Names the request of the value that was recorded last, as an example of its octave; not for each:
 * once a second for an octave. wall is a time of CLOCK_REALTIME, in ns. */
void metric_set_example(gr_metric *metric, double value, gr_slice id, int64_t wall);

/* Is one due? */
bool metric_wants_example(gr_metric *metric, double value, int64_t wall);

#endif
