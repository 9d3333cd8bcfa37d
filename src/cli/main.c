/* The program: `greenroom COMMAND`. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "config/suggest.h"
#include "greenroom/worker.h"
#include "host/native/native.h"

/* Private: how `serve` starts the workers of a C application. */
static int command_worker(int argc, char **argv) { return native_host_run(); }

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", command_serve}, {"check", command_serve},     {"config", command_config},
    {"status", command_ask},  {"top", command_ask},         {"stacks", command_ask},
    {"reload", command_ask},  {"stop", command_ask},        {"log-level", command_ask},
    {"load", command_load},   {"version", command_version}, {"help", command_help},
    {"--help", command_help}, {"worker", command_worker},
};

static int unknown(const char *name) {
    static const char *const known[] = {"serve",   "check",  "config",    "status", "top",
                                        "stacks",  "reload", "log-level", "stop",   "load",
                                        "version", "help",   NULL};
    const char *nearest = suggest(name + strspn(name, "-"), known);
    if (nearest)
        fprintf(stderr, "greenroom: unknown command %s; did you mean %s?\n", name, nearest);
    else
        fprintf(stderr, "greenroom: unknown command %s; see greenroom help\n", name);
    return GR_EXIT_USAGE;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("greenroom: which command? See greenroom help\n", stderr);
        return GR_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    return unknown(argv[1]);
}
