/* The command line of `greenroom serve`. */
#ifndef CONFIG_COMMAND_LINE_H
#define CONFIG_COMMAND_LINE_H

#include <stdio.h>

#include "config/settings.h"

enum command_line {
    COMMAND_LINE_SERVE, /* settings are complete */
    COMMAND_LINE_HELP,  /* --help was asked for */
    COMMAND_LINE_WRONG, /* error has one sentence */
};

/* Reads argv[1] to argv[argc - 1] as getopt_long(3) does: options may stand behind APP, be cut
 * short where that is unambiguous, and end at "--". Reorders argv; settings point into it. */
enum command_line command_line_parse(int argc, char **argv, struct settings *settings,
                                     char error[SENTENCE_SIZE]);

/* What `greenroom serve --help` says. */
void command_line_help(FILE *out);

#endif
