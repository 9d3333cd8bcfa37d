/* greenroom config */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/explain.h"
#include "greenroom/worker.h"

int command_config(int argc, char **argv) {
    static struct configuration configuration;
    const struct setting *explained;
    char error[SENTENCE_SIZE];
    switch (configuration_read(&configuration, argc, argv, environ, error)) {
    case COMMAND_LINE_GO:
        explained = configuration.arguments.explained;
        if (explained)
            configuration_explain(&configuration, explained, stdout);
        else
            configuration_print(&configuration, stdout);
        return output_finish();
    case COMMAND_LINE_HELP:
        help_print(argv[0]);
        return output_finish();
    default:
        fprintf(stderr, "greenroom: %s\n", error);
        return GR_EXIT_USAGE;
    }
}
