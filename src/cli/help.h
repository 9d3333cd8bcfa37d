/* What a command can be told. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdbool.h>

/* On stdout. Returns false for a command that is not known. */
bool help_print(const char *command);

#endif
