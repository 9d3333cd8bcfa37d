/* What the master makes of its process before it starts workers. */
#ifndef SUPERVISOR_SET_UP_H
#define SUPERVISOR_SET_UP_H

#include "supervisor/state.h"

/* Readies the process and m, and prepares the edition, which becomes the one in force. Returns 0,
 * or -1 with a sentence. */
int set_up(struct master *m, struct edition *edition, char error[SENTENCE_SIZE]);

#endif
