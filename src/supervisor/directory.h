/* The current directory by the name under which the server was started in it. Where releases are
 * put beside each other and a symbolic link names the one in force, that is another directory after
 * a deployment. */
#ifndef SUPERVISOR_DIRECTORY_H
#define SUPERVISOR_DIRECTORY_H

#include "config/sentence.h"

/* Takes the name from $PWD, if that names the current directory. */
void directory_remember(void);

/* Goes to what the name stands for now. Returns 0, or -1 with a sentence. */
int directory_return(char error[SENTENCE_SIZE]);

#endif
