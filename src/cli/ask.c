/* What is asked of a running server: greenroom status, top, stacks, log-level, reload, stop */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/control.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/top.h"
#include "config/option.h"
#include "config/quantity.h"
#include "greenroom/worker.h"
#include "log/level.h"
#include "supervisor/control_path.h"

enum { OPTION_HELP = UCHAR_MAX + 1, OPTION_CONTROL, OPTION_PID };

enum { OPERAND_MAX = 256 };

static const struct option options[] = {
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"pid", required_argument, NULL, OPTION_PID},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* What the command line says. */
struct asked {
    bool help;
    const char *control; /* NULL: not said */
    int64_t pid;         /* 0: not said */
    const char *operand; /* NULL: not said */
};

static int pid_take(struct asked *asked, const char *text, char *error) {
    if (quantity_parse(text, UNIT_ONE, &asked->pid) && asked->pid > 0 && asked->pid <= INT_MAX)
        return 0;
    return sentence(error, "--pid must be a process id, not '%s'", text);
}

static int option_take(struct asked *asked, int which, char **argv, char *error) {
    switch (which) {
    case '?':
        return option_refused(argv[0], options, argv[optind - 1], error);
    case ':':
        return sentence(error, "%s needs a value", argv[optind - 1]);
    case OPTION_HELP:
        asked->help = true;
        return 0;
    case OPTION_CONTROL:
        asked->control = optarg;
        return 0;
    default:
        return pid_take(asked, optarg, error);
    }
}

static int levels_take(struct asked *asked, const char *list, char *error) {
    const char *fault = log_levels_fault(list);
    asked->operand = list;
    return fault ? sentence(error, "'%.200s' %s", list, fault) : 0;
}

static int which_take(struct asked *asked, const char *text, char *error) {
    asked->operand = text;
    if (*text && strlen(text) <= OPERAND_MAX && !strpbrk(text, " \t\r\n")) return 0;
    return sentence(error, "stacks takes a process id or the id of a request");
}

static int parse(struct asked *asked, int argc, char **argv, char *error) {
    int which;
    optind = 0; /* glibc: start afresh */
    while ((which = getopt_long(argc, argv, ":", options, NULL)) != -1)
        if (option_take(asked, which, argv, error) < 0) return -1;
    const char *operand = optind < argc ? argv[optind] : NULL;
    if (operand && strcmp(argv[0], "log-level") == 0 && levels_take(asked, operand, error) < 0)
        return -1;
    if (operand && strcmp(argv[0], "stacks") == 0 && which_take(asked, operand, error) < 0)
        return -1;
    optind += asked->operand != NULL;
    if (optind < argc)
        return sentence(error, "%s does not know what to do with '%s'", argv[0], argv[optind]);
    return 0;
}

static const char *find_socket(const struct asked *asked, char path[CONTROL_PATH_SIZE],
                               char *error) {
    const char *known = getenv("GREENROOM_CONTROL");
    if (asked->control) return asked->control;
    if (!asked->pid && known && *known) return known;
    return control_path_find((pid_t)asked->pid, path, error) < 0 ? NULL : path;
}

static int fail(int code, const char *why) {
    fprintf(stderr, "greenroom: %s\n", why);
    return code;
}

static void print(void *data, char *line) {
    (void)data;
    puts(line);
}

int command_ask(int argc, char **argv) {
    struct asked asked = {0};
    char path[CONTROL_PATH_SIZE], error[SENTENCE_SIZE], request[LOG_LEVELS_SIZE];
    if (parse(&asked, argc, argv, error) < 0) return fail(GR_EXIT_USAGE, error);
    if (asked.help) {
        help_print(argv[0]);
        return output_finish();
    }
    const char *socket = find_socket(&asked, path, error);
    if (!socket) return fail(GR_EXIT_USAGE, error);
    if (strcmp(argv[0], "top") == 0) return top_show(socket);
    snprintf(request, sizeof request, "%s%s%s", argv[0], asked.operand ? " " : "",
             asked.operand ? asked.operand : "");
    int code = control_ask(socket, request, strcmp(argv[0], "stop") == 0, print, NULL, error);
    return code ? fail(code, error) : output_finish();
}
