/* What becomes of the metrics of a process that is over. */
#ifndef OBSERVE_METRIC_FOLD_H
#define OBSERVE_METRIC_FOLD_H

#include "observe/metric_store.h"

/* Adds all that has been counted in a store, which is not trusted, to another; gauges tell of what
 * is no more, and are left out. */
void metric_store_fold(struct metric_store *into, struct metric_store *from);

/* The same to an empty one, and gauges too; but of the server's own metrics none with that label,
 * their last one: version="1.4". */
void metric_store_copy(struct metric_store *into, struct metric_store *from, gr_slice but);

#endif
