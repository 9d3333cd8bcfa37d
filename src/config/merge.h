/* Lays the value of one layer over what those beneath it have made of a setting. */
#ifndef CONFIG_MERGE_H
#define CONFIG_MERGE_H

#include "config/layer.h"

/* earlier and later are given, and of the shape that the strategy is for; neither is changed.
 * of_entries, OVERRIDE or KEEP, is for entries of two maps that have one key. The items of the
 * result are new, or later's or earlier's own. Its origin is later's, unless all of earlier is
 * kept. Returns 0, or -1 with errno ENOMEM. */
int value_merge(struct arena *arena, enum strategy strategy, enum strategy of_entries,
                const struct value *earlier, const struct value *later, struct value *result);

#endif
