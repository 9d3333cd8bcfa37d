/* What one master leaves to the next, which takes its place in the same process: the descriptors
 * and who the workers and the attached commands are. It travels through an anonymous file, as lines
 * of text:
 *
 *     edition 3
 *     lifeline 7 8
 *     listener 12 ...
 *     worker 0 serving 4711 ...
 *     attached running 4720 ... celery -A shop worker
 *
 * and the number of the file in the environment variable GREENROOM_TAKE_OVER. What a line does not
 * say, and lines that are not known, are no error: versions may differ. But both have to mean the
 * same by the memory that they share with the workers, so that handover_format is compared before.
 */
#ifndef SUPERVISOR_HANDOVER_H
#define SUPERVISOR_HANDOVER_H

#include <stdbool.h>

#include "config/sentence.h"

struct edition;
struct master;

/* The shape of the shared memory, and the version of the lines. */
const char *handover_format(void);

/* Is a master to take over here? */
bool handover_is_there(void);

/* Writes it, has the descriptors survive execv(2), and sets the variable. Nobody may be starting.
 * The log's threads have been stopped. Returns 0, or -1 with errno. */
int handover_leave(struct master *m);

/* The execv has failed: takes it back. */
void handover_take_back(struct master *m);

/* Takes it over: the descriptors, the workers and their slots. *before has the sockets. Returns 0,
 * or -1 with a sentence. */
int handover_take(struct master *m, struct edition **before, char error[SENTENCE_SIZE]);

#endif
