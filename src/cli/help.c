/* greenroom help, greenroom version */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "config/command_line.h"
#include "greenroom/worker.h"

static const char overview[] =
    "Usage: greenroom COMMAND\n"
    "\n"
    "  serve [OPTION]... APP   Serve a web application.\n"
    "  version                 Say which version this is.\n"
    "  help [COMMAND]          Say this, or what a command can be told.\n";

static const char version_usage[] = "Usage: greenroom version\n\nSays which version this is.\n";

static int too_many(const char *command, const char *argument) {
    fprintf(stderr, "greenroom: %s does not know what to do with '%s'\n", command, argument);
    return GR_EXIT_USAGE;
}

int command_help(int argc, char **argv) {
    const char *about = argc > 1 ? argv[1] : "help";
    if (argc > 2) return too_many("help", argv[2]);
    if (strcmp(about, "serve") == 0)
        command_line_help(stdout);
    else if (strcmp(about, "version") == 0)
        fputs(version_usage, stdout);
    else if (strcmp(about, "help") == 0 || strcmp(about, "--help") == 0)
        fputs(overview, stdout);
    else
        return too_many("help", about);
    return output_finish();
}

int command_version(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(version_usage, stdout);
        return output_finish();
    }
    if (argc > 1) return too_many("version", argv[1]);
    puts("greenroom " GREENROOM_VERSION);
    return output_finish();
}
