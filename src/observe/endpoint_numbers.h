/* What the metrics say of one endpoint: its requests of all methods, statuses and versions. */
#ifndef OBSERVE_ENDPOINT_NUMBERS_H
#define OBSERVE_ENDPOINT_NUMBERS_H

#include "observe/metric_table.h"

struct endpoint_numbers {
    uint64_t requests;
    double rate;     /* per second, over a minute */
    double p50, p99; /* seconds; 0 without a request */
};

/* all is what metric_table_sorted has given, count how many they are. For one thread. */
struct endpoint_numbers endpoint_numbers_find(const struct metric_entry **all, size_t count,
                                              gr_slice route);

#endif
