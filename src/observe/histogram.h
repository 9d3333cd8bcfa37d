/* Which bucket a value belongs to: 64 for each power of two, of equal width, so that the middle of
 * a bucket differs from each value in it by less than 0.8 %. No state, no I/O.
 *
 *     value    2^-31 ... 2^0 ─────────────────── 2^1 ... 2^33
 *     octave     0   ...  31  64 buckets          32 ...
 *
 * A bucket holds its upper bound but not its lower. What is smaller than all of them is counted in
 * the first, what is larger in the last. */
#ifndef OBSERVE_HISTOGRAM_H
#define OBSERVE_HISTOGRAM_H

#include <stdint.h>
#include <string.h>

enum {
    HISTOGRAM_OCTAVES = 64,
    HISTOGRAM_STEPS = 64, /* of an octave */
    HISTOGRAM_LEAST = -31 /* the octave 0 begins above two to this power: half a nanosecond */
};

struct histogram_place {
    unsigned octave, step;
};

/* Exponent and first bits of the mantissa of IEEE 754 are octave and step already; one less, since
 * an upper bound belongs to the bucket below it. value is no NaN and not negative. */
static inline struct histogram_place histogram_place(double value) {
    enum { MANTISSA = 52, STEP_BITS = 6, BIAS = 1023 };
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits) bits--;
    int octave = (int)(bits >> MANTISSA) - BIAS - HISTOGRAM_LEAST;
    if (octave < 0) return (struct histogram_place){0, 0};
    if (octave >= HISTOGRAM_OCTAVES)
        return (struct histogram_place){HISTOGRAM_OCTAVES - 1, HISTOGRAM_STEPS - 1};
    return (struct histogram_place){(unsigned)octave,
                                    (unsigned)(bits >> (MANTISSA - STEP_BITS)) % HISTOGRAM_STEPS};
}

/* Two to that power, of one that a double can have. */
static inline double histogram_power(int exponent) {
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* The lower bound of a bucket; that of the next is its upper one. */
static inline double histogram_bound(unsigned octave, unsigned step) {
    return histogram_power((int)octave + HISTOGRAM_LEAST) * (1 + step / (double)HISTOGRAM_STEPS);
}

/* The middle of a bucket. */
static inline double histogram_middle(unsigned octave, unsigned step) {
    return histogram_power((int)octave + HISTOGRAM_LEAST) *
           (1 + (step + 0.5) / (double)HISTOGRAM_STEPS);
}

#endif
