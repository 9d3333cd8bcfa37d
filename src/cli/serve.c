/* greenroom serve */
#include "base/fault.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "config/command_line.h"
#include "greenroom/worker.h"
#include "supervisor/master.h"

int command_serve(int argc, char **argv) {
    struct settings settings;
    const char *why;
    char error[SENTENCE_SIZE];
    switch (command_line_parse(argc, argv, &settings, error)) {
    case COMMAND_LINE_SERVE:
        if (fault_check(&why) == 0) return master_run(&settings);
        fprintf(stderr, "greenroom: %s\n", why);
        return GR_EXIT_USAGE;
    case COMMAND_LINE_HELP:
        command_line_help(stdout);
        return output_finish();
    default:
        fprintf(stderr, "greenroom: %s\n", error);
        return GR_EXIT_USAGE;
    }
}
