/* Reads a store that another process writes to, and may have ruined: whatever stands there, what is
 * given out are numbers and valid text. */
#ifndef OBSERVE_METRIC_READ_H
#define OBSERVE_METRIC_READ_H

#include "observe/metric_store.h"

/* Of a family, labels is its help. The texts last until each returns. */
struct metric_sample {
    gr_metric_kind kind;
    bool family;
    gr_slice name, labels;
    double value, min, max; /* min is above max when nothing has been recorded */
    uint64_t count;
    uint32_t octaves; /* for metric_read_octave */
};

/* All of them, families first among them or not, in no order; a series may come twice. */
void metric_read(struct metric_store *store,
                 void (*each)(void *data, struct metric_store *store,
                              const struct metric_sample *sample),
                 void *data);

struct metric_found_example {
    gr_slice id; /* points into room; len 0: there is none */
    char room[METRIC_EXAMPLE_MAX];
    double value;
    int64_t time;
};

/* What has been counted in an octave; false when that is nothing. example may be NULL. */
bool metric_read_octave(struct metric_store *store, const struct metric_sample *sample,
                        unsigned octave, uint64_t counts[HISTOGRAM_STEPS],
                        struct metric_found_example *example);

#endif
