/* The command line of the commands that read settings: serve, check and config. */
#ifndef CONFIG_COMMAND_LINE_H
#define CONFIG_COMMAND_LINE_H

#include <stdio.h>

#include "config/layer.h"

enum { CONFIGS_MAX = 16 };

enum command_line {
    COMMAND_LINE_GO,
    COMMAND_LINE_HELP,  /* --help was asked for */
    COMMAND_LINE_WRONG, /* error has one sentence */
};

struct command_arguments {
    const char *configs[CONFIGS_MAX]; /* of --config, the lowest first */
    int config_count;
    const struct setting *explained; /* of --explain; NULL without */
    struct layer layer;
};

/* Reads argv[1] to argv[argc - 1] as getopt_long(3) does: options may stand behind APP, be cut
 * short where that is unambiguous, and end at "--". argv[0] is the command; --explain is for
 * "config" alone. Reorders argv; what is read points into it. */
enum command_line command_line_parse(int argc, char **argv, struct command_arguments *arguments,
                                     struct arena *arena, char error[SENTENCE_SIZE]);

/* What `greenroom serve --help` says. */
void command_line_help(FILE *out);

#endif
