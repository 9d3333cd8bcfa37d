/* What holds: the layers laid over each other, the lowest first. They are the files, in the order
 * of
 * --config; the environment; and the command line. What no layer gives has its default. */
#ifndef CONFIG_CONFIGURATION_H
#define CONFIG_CONFIGURATION_H

#include "config/command_line.h"

enum { LAYERS_MAX = CONFIGS_MAX + 2 };

struct configuration {
    struct arena arena;
    const char *command; /* argv[0] */
    struct command_arguments arguments;
    struct layer layers[LAYERS_MAX];
    struct merge_rules rules[LAYERS_MAX]; /* by which each was laid over those beneath it */
    int layer_count;
    struct value values[SETTINGS_MAX]; /* in the order of settings_table */
};

/* Reads all layers; greenroom.yaml in the current directory, if it is there, when no --config is
 * given. The values are merged, and those judged that are right or wrong by themselves, in every
 * layer; whether there is such a directory or certificate, configuration_settings will see. Returns
 * as command_line_parse does. What is read points into argv and environment. */
enum command_line configuration_read(struct configuration *configuration, int argc, char **argv,
                                     char *const *environment, char error[SENTENCE_SIZE]);

/* Frees what was read; settings made of it are not to be used any more. After configuration_read,
 * whatever it returned. */
void configuration_free(struct configuration *configuration);

/* Makes complete settings, which point into the configuration. Returns 0, or -1 with a sentence. */
int configuration_settings(struct configuration *configuration, struct settings *settings,
                           char error[SENTENCE_SIZE]);

#endif
