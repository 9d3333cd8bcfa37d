/* greenroom serve, greenroom check */
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/configuration.h"
#include "greenroom/worker.h"
#include "supervisor/master.h"

static int refuse(const char *why) {
    fprintf(stderr, "greenroom: %s\n", why);
    return GR_EXIT_USAGE;
}

int command_serve(int argc, char **argv) {
    static struct configuration configuration;
    struct settings settings;
    const char *why;
    char error[SENTENCE_SIZE];
    switch (configuration_read(&configuration, argc, argv, environ, error)) {
    case COMMAND_LINE_GO:
        if (configuration_settings(&configuration, &settings, error) < 0) return refuse(error);
        settings.worker.check_only = strcmp(argv[0], "check") == 0;
        return fault_check(&why) == 0 ? master_run(&settings) : refuse(why);
    case COMMAND_LINE_HELP:
        help_print(argv[0]);
        return output_finish();
    default:
        return refuse(error);
    }
}
