#include "supervisor/scale.h"

static const double enough = 0.8, little = 0.5; /* of the time, of each */

enum { LOOKS_TO_ADD = 3, LOOKS_TO_LEAVE = 30 };

int scale_judge(struct scale *scale, double cores, int count, int min, int max) {
    scale->busy = cores >= enough * count && count < max ? scale->busy + 1 : 0;
    scale->idle = cores <= little * (count - 1) && count > min ? scale->idle + 1 : 0;
    if (scale->busy < LOOKS_TO_ADD && scale->idle < LOOKS_TO_LEAVE) return count;
    int change = scale->busy ? 1 : -1;
    scale->busy = scale->idle = 0;
    return count + change;
}
