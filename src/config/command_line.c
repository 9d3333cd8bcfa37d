#include "config/command_line.h"

#include <getopt.h>
#include <limits.h>

#include "config/suggest.h"

enum { OPTIONS_MAX = 64, OPTION_HELP = UCHAR_MAX + 1, HELP_COLUMN = 28 };

/* The value getopt_long returns for a setting is its row in the table, plus one. */
static void options_list(struct option options[OPTIONS_MAX]) {
    int count = 0;
    for (const struct setting *s = settings_table; s->name; s++, count++)
        options[count] = (struct option){s->name, required_argument, NULL, count + 1};
    options[count++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    options[count] = (struct option){0};
}

/* Says why getopt_long refused word: unknown, or short for several options, or --help with a value.
 * Returns -1. */
static int refused(const char *word, const struct option *options, char *error) {
    const char *names[OPTIONS_MAX] = {0};
    char name[64];
    int matches = 0;
    if (optopt == OPTION_HELP) return sentence(error, "--help takes no value");
    if (optopt) return sentence(error, "unknown option -%c; see greenroom serve --help", optopt);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (int i = 0; options[i].name; i++) {
        names[i] = options[i].name;
        matches += strncmp(name, names[i], strlen(name)) == 0;
    }
    if (matches > 1) return sentence(error, "--%s is short for more than one option", name);
    const char *nearest = suggest(name, names);
    return nearest ? sentence(error, "unknown option --%s; did you mean --%s?", name, nearest)
                   : sentence(error, "unknown option --%s; see greenroom serve --help", name);
}

/* One option or its refusal: 0, or -1 with a sentence. */
static int option_take(int which, struct settings *settings, const char *word,
                       const struct option *options, char *error) {
    if (which == '?') return refused(word, options, error);
    if (which == ':') return sentence(error, "--%s needs a value", settings_table[optopt - 1].name);
    return setting_set(settings, &settings_table[which - 1], optarg, error);
}

static int app_take(int argc, char **argv, struct settings *settings, char *error) {
    if (optind == argc || !*argv[optind])
        return sentence(error, "serve what? Name an APP, such as module:app or ./app.so");
    if (optind + 1 < argc)
        return sentence(error, "only one APP can be served: '%s' or '%s'", argv[optind],
                        argv[optind + 1]);
    if (strchr(argv[optind], '\n')) return sentence(error, "APP must not have a line break");
    settings->worker.app = argv[optind];
    return 0;
}

enum command_line command_line_parse(int argc, char **argv, struct settings *settings,
                                     char error[SENTENCE_SIZE]) {
    struct option options[OPTIONS_MAX];
    int which;
    options_list(options);
    settings_init(settings);
    optind = 0; /* glibc: start afresh */
    while ((which = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (which == OPTION_HELP) return COMMAND_LINE_HELP;
        if (option_take(which, settings, argv[optind - 1], options, error) < 0)
            return COMMAND_LINE_WRONG;
    }
    if (app_take(argc, argv, settings, error) < 0 || settings_complete(settings, error) < 0)
        return COMMAND_LINE_WRONG;
    return COMMAND_LINE_SERVE;
}

void command_line_help(FILE *out) {
    fputs("Usage: greenroom serve [OPTION]... APP\n\n"
          "Serves a web application. APP is module:app or module:factory() for a WSGI application\n"
          "in Python, or the path of a C application, which ends in .so.\n\n"
          "Options, with their defaults in brackets; times in seconds (S) or milliseconds (MS):\n",
          out);
    for (const struct setting *s = settings_table; s->name; s++) {
        char option[HELP_COLUMN], number[QUANTITY_SIZE];
        snprintf(option, sizeof option, "--%s %s", s->name, s->argument);
        fprintf(out, "  %-*s%s [%s]\n", HELP_COLUMN - 2, option, s->help,
                setting_default(s, number));
    }
    fprintf(out, "  %-*sSay this\n", HELP_COLUMN - 2, "--help");
}
