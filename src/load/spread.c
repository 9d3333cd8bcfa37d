#include "load/spread.h"

#include <math.h>

void spread_add(struct spread *spread, double value) {
    struct histogram_place place = histogram_place(value);
    if (!spread->count || value < spread->min) spread->min = value;
    if (value > spread->max) spread->max = value;
    spread->counts[place.octave][place.step]++;
    spread->count++;
    spread->sum += value;
    spread->squares += value * value;
}

static double within(const struct spread *spread, double value) {
    return value < spread->min ? spread->min : value > spread->max ? spread->max : value;
}

double spread_quantile(const struct spread *spread, double share) {
    uint64_t below = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned step = 0; step < HISTOGRAM_STEPS; step++) {
            below += spread->counts[octave][step];
            if (below && (double)below >= share * (double)spread->count)
                return within(spread, histogram_middle(octave, step));
        }
    }
    return spread->max;
}

double spread_mean(const struct spread *spread) {
    return spread->count ? spread->sum / (double)spread->count : 0;
}

double spread_deviation(const struct spread *spread) {
    double mean = spread_mean(spread);
    double variance = spread->count ? spread->squares / (double)spread->count - mean * mean : 0;
    return variance > 0 ? sqrt(variance) : 0;
}
