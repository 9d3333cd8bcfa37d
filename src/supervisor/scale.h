/* --workers MIN:MAX: how many workers serve, by how busy they are. What counts is processor time: a
 * worker runs its requests on one core, and those that wait for something else need no other
 * worker.
 *
 * One is added when those that serve have been busy for 80 % of the time, for three seconds in a
 * row; and one goes when one less would have been busy for no more than half of it, for thirty. */
#ifndef SUPERVISOR_SCALE_H
#define SUPERVISOR_SCALE_H

#include <stdint.h>

struct master;

struct scale {
    int64_t due;    /* when to look again; 0 to begin with */
    int64_t looked; /* when that was done last */
    int busy, idle; /* how many looks in a row have found too few workers, and too many */
};

/* A look, a second after the last, has found so many cores kept busy by count workers. Returns how
 * many there are to be. */
int scale_judge(struct scale *scale, double cores, int count, int min, int max);

/* When to look; NEVER where the number is fixed, and while not all is well. Looks, if it is time.
 */
int64_t scale_due(const struct master *m);
void scale_act_on_time(struct master *m, int64_t now);

#endif
