/* greenroom serve, greenroom check */
#include <stdio.h>

#include "base/fault.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "greenroom/worker.h"
#include "supervisor/master.h"

static int refuse(const char *why) {
    fprintf(stderr, "greenroom: %s\n", why);
    return GR_EXIT_USAGE;
}

int command_serve(int argc, char **argv) {
    struct edition *edition;
    const char *why;
    char error[SENTENCE_SIZE];
    switch (edition_read(&edition, argc, argv, error)) {
    case COMMAND_LINE_GO:
        return fault_check(&why) == 0 ? master_run(edition, argc, argv) : refuse(why);
    case COMMAND_LINE_HELP:
        help_print(argv[0]);
        return output_finish();
    default:
        return refuse(error);
    }
}
