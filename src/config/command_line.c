#include "config/command_line.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "config/option.h"
#include "config/suggest.h"

enum {
    OPTIONS_MAX = SETTINGS_MAX + 4,
    OPTION_HELP = UCHAR_MAX + 1,
    OPTION_CONFIG,
    OPTION_EXPLAIN,
    OPTION_SETTING, /* the first row of the table; the others follow */
    HELP_COLUMN = 28
};

/* What the parts of the parsing share. */
struct parsing {
    const char *command;
    struct option options[OPTIONS_MAX];
    struct command_arguments *arguments;
    struct arena *arena;
    char *error;
};

static void options_list(struct parsing *p) {
    struct option *next = p->options;
    for (const struct setting *s = settings_table; s->name; s++)
        if (s->kind != SETTING_APP)
            *next++ = (struct option){s->name, required_argument, NULL,
                                      OPTION_SETTING + (int)(s - settings_table)};
    *next++ = (struct option){"config", required_argument, NULL, OPTION_CONFIG};
    if (strcmp(p->command, "config") == 0)
        *next++ = (struct option){"explain", required_argument, NULL, OPTION_EXPLAIN};
    *next++ = (struct option){"help", no_argument, NULL, OPTION_HELP};
    *next = (struct option){0};
}

static const char *option_name(const struct parsing *p, int which) {
    const struct option *option = p->options;
    while (option->val != which) option++;
    return option->name;
}

static int setting_take(const struct parsing *p, const struct setting *setting, const char *text) {
    const struct origin origin = setting->kind == SETTING_APP
                                     ? (struct origin){ORIGIN_OPERAND, setting->argument, 0}
                                     : (struct origin){ORIGIN_OPTION, setting->name, 0};
    struct value *value = &p->arguments->layer.values[setting - settings_table];
    return value_add(p->arena, value, setting, text, &origin) < 0
               ? sentence(p->error, "there is no memory")
               : 0;
}

static int config_take(const struct parsing *p, const char *path) {
    struct command_arguments *arguments = p->arguments;
    if (arguments->config_count == CONFIGS_MAX)
        return sentence(p->error, "--config may be given %d times at most", CONFIGS_MAX);
    arguments->configs[arguments->config_count++] = path;
    return 0;
}

static int explain_take(const struct parsing *p, const char *name) {
    const char *names[SETTINGS_MAX] = {0};
    for (const struct setting *s = settings_table; s->name; s++)
        names[s - settings_table] = s->name;
    p->arguments->explained = setting_find(name);
    if (p->arguments->explained) return 0;
    const char *nearest = suggest(name, names);
    return nearest ? sentence(p->error, "unknown key %s; did you mean %s?", name, nearest)
                   : sentence(p->error, "unknown key %s; see greenroom serve --help", name);
}

/* One option or its refusal: 0, or -1 with a sentence. */
static int option_take(const struct parsing *p, int which, const char *word) {
    switch (which) {
    case '?':
        return option_refused(p->command, p->options, word, p->error);
    case ':':
        return sentence(p->error, "--%s needs a value", option_name(p, optopt));
    case OPTION_CONFIG:
        return config_take(p, optarg);
    case OPTION_EXPLAIN:
        return explain_take(p, optarg);
    default:
        return setting_take(p, &settings_table[which - OPTION_SETTING], optarg);
    }
}

static int app_take(const struct parsing *p, int argc, char **argv) {
    if (optind == argc) return 0;
    if (optind + 1 < argc)
        return sentence(p->error, "only one APP can be served: '%s' or '%s'", argv[optind],
                        argv[optind + 1]);
    return setting_take(p, setting_find("app"), argv[optind]);
}

enum command_line command_line_parse(int argc, char **argv, struct command_arguments *arguments,
                                     struct arena *arena, char error[SENTENCE_SIZE]) {
    struct parsing p = {.command = argv[0], .arguments = arguments, .arena = arena, .error = error};
    int which;
    *arguments = (struct command_arguments){0};
    options_list(&p);
    optind = 0; /* glibc: start afresh */
    while ((which = getopt_long(argc, argv, ":", p.options, NULL)) != -1) {
        if (which == OPTION_HELP) return COMMAND_LINE_HELP;
        if (option_take(&p, which, argv[optind - 1]) < 0) return COMMAND_LINE_WRONG;
    }
    return app_take(&p, argc, argv) < 0 ? COMMAND_LINE_WRONG : COMMAND_LINE_GO;
}

static void option_help(FILE *out, const char *option, const char *help, const char *fallback) {
    fprintf(out, "  %-*s%s [%s]\n", HELP_COLUMN - 2, option, help, fallback);
}

void command_line_help(FILE *out) {
    fputs("Usage: greenroom serve [OPTION]... [APP]\n\n"
          "Serves a web application. APP is module:app or module:factory() for a WSGI application\n"
          "in Python, or the path of a C application, which ends in .so.\n\n"
          "Options, with their defaults in brackets; times in seconds (S) or milliseconds (MS).\n"
          "Files and the environment may say the same: workers: 4, GREENROOM_WORKERS=4.\n",
          out);
    for (const struct setting *s = settings_table; s->name; s++) {
        char option[HELP_COLUMN], number[QUANTITY_SIZE];
        if (s->kind == SETTING_APP) continue;
        snprintf(option, sizeof option, "--%s %s", s->name, s->argument);
        option_help(out, option, s->help, setting_default(s, number));
    }
    option_help(out, "--config PATH", "A file of settings, in YAML; repeatable",
                "greenroom.yaml, if there is one");
    fprintf(out, "  %-*sSay this\n", HELP_COLUMN - 2, "--help");
}
