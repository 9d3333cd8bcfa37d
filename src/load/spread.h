/* How values are spread: counts in the buckets of observe/histogram.h, each less than 0.8 % wide of
 * its middle. For one thread at a time. */
#ifndef LOAD_SPREAD_H
#define LOAD_SPREAD_H

#include "observe/histogram.h"

struct spread {
    uint64_t counts[HISTOGRAM_OCTAVES][HISTOGRAM_STEPS];
    uint64_t count;
    double min, max, sum, squares; /* 0 while there are none */
};

/* All zero is an empty one. value is not negative. */
void spread_add(struct spread *spread, double value);

/* The value below which such a share of all lie, from 0 to 1; 0 where there are none. */
double spread_quantile(const struct spread *spread, double share);

double spread_mean(const struct spread *spread);
double spread_deviation(const struct spread *spread);

#endif
