/* greenroom help, greenroom version */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/command_line.h"
#include "greenroom/worker.h"

static const char overview[] =
    "Usage: greenroom COMMAND\n"
    "\n"
    "  serve [OPTION]... [APP]   Serve a web application.\n"
    "  check [OPTION]... [APP]   Try settings and application as serve would take them.\n"
    "  config [OPTION]... [APP]  Say which settings hold, and what says so.\n"
    "  status [OPTION]...        Say how the workers of a server are.\n"
    "  top [OPTION]...           Watch the workers of a server, and its requests in flight.\n"
    "  stacks [OPTION]... [ID]   Say where each request in flight is in its code.\n"
    "  reload [OPTION]...        Have a server take up new code and new settings.\n"
    "  log-level [OPTION]... [LIST]\n"
    "                            Say or set from which level on a server logs.\n"
    "  stop [OPTION]...          Have a server stop, and wait for its end.\n"
    "  load [OPTION]... URL      Ask a server for the same again and again, and measure it.\n"
    "  version                   Say which version this is.\n"
    "  help [COMMAND]            Say this, or what a command can be told.\n";

static const char check_usage[] =
    "Usage: greenroom check [OPTION]... [APP]\n"
    "\n"
    "Reads the settings, looks whether what they name is there, and loads the application, all as\n"
    "greenroom serve would, but serves nothing and listens nowhere. The options and exit codes "
    "are\n"
    "those of greenroom serve.\n";

static const char config_usage[] =
    "Usage: greenroom config [OPTION]... [--explain KEY] [APP]\n"
    "\n"
    "Says which settings hold, as a file that can be read again, and where each comes from. The\n"
    "options are those of greenroom serve, and one:\n"
    "  --explain KEY             Say of one setting which layer set it, and what that overrode\n";

static const char status_usage[] =
    "Usage: greenroom status [OPTION]...\n"
    "\n"
    "Says of each worker of a running server what it is doing, and how much it has to do.\n";

static const char top_usage[] =
    "Usage: greenroom top [OPTION]...\n"
    "\n"
    "Shows the workers of a running server and the requests that have been in flight longest, "
    "each\n"
    "with its age and what it waits for, anew every second, until q is pressed. Says it once where "
    "the\n"
    "output is no terminal.\n";

static const char stacks_usage[] =
    "Usage: greenroom stacks [OPTION]... [PID|REQUEST]\n"
    "\n"
    "Says of each request in flight where it is in its code, innermost call first, whether it runs "
    "or\n"
    "waits: of all, of those in the worker with that process id, or of the one with that request "
    "id.\n";

static const char reload_usage[] =
    "Usage: greenroom reload [OPTION]...\n"
    "\n"
    "Has a running server read its settings again, and new workers take over from the old ones. "
    "Waits\n"
    "until all have, or the first has failed: then the exit code is 1, and the old ones go on.\n";

static const char log_level_usage[] =
    "Usage: greenroom log-level [OPTION]... [LIST]\n"
    "\n"
    "Says from which level on a running server logs, and of which loggers it is another, or has "
    "it\n"
    "so, as in info,sqlalchemy=debug. It holds until the server stops.\n";

static const char stop_usage[] =
    "Usage: greenroom stop [OPTION]...\n"
    "\n"
    "Has a running server finish its requests and stop. Waits until it has.\n";

static const char load_usage[] =
    "Usage: greenroom load [OPTION]... URL\n"
    "\n"
    "Asks for the URL again and again by many connections, and says how long the answers took.\n"
    "\n"
    "  -c, --connections N       That many at a time [50]\n"
    "  -d, --duration SECONDS    For so long [10]\n"
    "  -r, --rate N              So many requests a second, whether they are answered or not; a\n"
    "                            latency begins when a request was due. Otherwise each connection\n"
    "                            asks again as soon as it is answered\n"
    "  -m, --method NAME         [GET, POST with a body]\n"
    "  -H, --header 'NAME: VALUE'  A field of each request; can be repeated\n"
    "  -b, --body TEXT           The body of each; @PATH for that of a file\n"
    "  -t, --timeout SECONDS     For one request to be answered [30]\n"
    "      --json PATH           Write what was found as JSON too; - for stdout, in place of text\n"
    "      --svg PATH            Draw latencies and rate over time; - for stdout\n"
    "      --help                Say this\n"
    "\n"
    "The exit code is 1 when nothing was answered, and 2 when it cannot be asked for.\n";

static const char which_server[] =
    "\n"
    "Which server, when it is not the only one of this user:\n"
    "  --pid PID                 The one with that process id\n"
    "  --control PATH            The one with that control socket [$GREENROOM_CONTROL]\n"
    "  --help                    Say this\n";

static const char version_usage[] = "Usage: greenroom version\n\nSays which version this is.\n";

static int too_many(const char *command, const char *argument) {
    fprintf(stderr, "greenroom: %s does not know what to do with '%s'\n", command, argument);
    return GR_EXIT_USAGE;
}

static void ask_usage(const char *usage) {
    fputs(usage, stdout);
    fputs(which_server, stdout);
}

bool help_print(const char *command) {
    if (strcmp(command, "serve") == 0)
        command_line_help(stdout);
    else if (strcmp(command, "check") == 0)
        fputs(check_usage, stdout);
    else if (strcmp(command, "config") == 0)
        fputs(config_usage, stdout);
    else if (strcmp(command, "status") == 0)
        ask_usage(status_usage);
    else if (strcmp(command, "top") == 0)
        ask_usage(top_usage);
    else if (strcmp(command, "stacks") == 0)
        ask_usage(stacks_usage);
    else if (strcmp(command, "reload") == 0)
        ask_usage(reload_usage);
    else if (strcmp(command, "log-level") == 0)
        ask_usage(log_level_usage);
    else if (strcmp(command, "load") == 0)
        fputs(load_usage, stdout);
    else if (strcmp(command, "stop") == 0)
        ask_usage(stop_usage);
    else if (strcmp(command, "version") == 0)
        fputs(version_usage, stdout);
    else
        return false;
    return true;
}

int command_help(int argc, char **argv) {
    const char *about = argc > 1 ? argv[1] : "help";
    if (argc > 2) return too_many("help", argv[2]);
    if (strcmp(about, "help") == 0 || strcmp(about, "--help") == 0)
        fputs(overview, stdout);
    else if (!help_print(about))
        return too_many("help", about);
    return output_finish();
}

int command_version(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        help_print("version");
        return output_finish();
    }
    if (argc > 1) return too_many("version", argv[1]);
    puts("greenroom " GREENROOM_VERSION);
    return output_finish();
}
